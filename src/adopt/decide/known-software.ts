import { parseImageName } from './image-name.ts';

/** What software is known to be, by the last part of an image's name or the name of its program. */
export type KnownSoftware = 'database' | 'broker' | 'cache' | 'object store' | 'proxy' | 'tool';

const KNOWN: readonly (readonly [kind: KnownSoftware, names: RegExp])[] = [
  [
    'database',
    /^(postgres(ql)?|postgis|timescaledb(-ha)?|pgvector|yugabyte(db)?|cockroach(db)?|mysql|mariadb|percona.*|mongo(db)?|neo4j|memgraph(-.*)?|clickhouse(-server)?|elasticsearch|opensearch|influxdb|cassandra|scylla|etcd|consul|vault|meilisearch|typesense|qdrant|weaviate|victoria-?metrics)$/,
  ],
  ['broker', /^(rabbitmq|nats(-server)?|kafka|redpanda|zookeeper|activemq.*|mosquitto|emqx|pulsar|lavinmq)$/],
  ['cache', /^(redis(-stack.*)?|valkey|keydb|dragonfly|memcached)$/],
  ['object store', /^(minio|seaweedfs|garage|localstack)$/],
  ['proxy', /^(haproxy.*|nginx(-proxy|-unprivileged)?|traefik|caddy|envoy|kong|openresty|pgbouncer|pgpool)$/],
  [
    'tool',
    /^(prometheus|grafana|alertmanager|loki|promtail|tempo|jaeger.*|all-in-one|otel.*|opentelemetry-collector.*|node-exporter|.*[-_]exporter|cadvisor|adminer|pgadmin4?|mailhog|mailpit|watchtower|portainer.*|certbot|vector|fluent-bit|zipkin)$/,
  ],
];

/** `undefined`: it is not known, so it may be the product's own. */
export function findKnownSoftware(image: string): KnownSoftware | undefined {
  const { name } = parseImageName(image);
  return KNOWN.find(([, names]) => names.test(name))?.[0];
}

/** True for software that speaks Postgres' protocol and keeps its data. */
export function isPostgres(image: string): boolean {
  return /^(postgres(ql)?|postgis|timescaledb(-ha)?|pgvector|yugabyte(db)?)$/.test(parseImageName(image).name);
}
