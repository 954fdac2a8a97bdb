import type { Finding } from '../../../model/index.ts';
import { repositoryOf } from './images.ts';
import type { ProjectService } from './project-model.ts';

/** Databases, brokers and stores, by the last part of their image's name. */
const STATEFUL =
  /(postgres|postgis|timescale|pgvector|yugabyte|cockroach|mysql|mariadb|percona|mongo|redis|valkey|keydb|dragonfly|rabbitmq|kafka|redpanda|nats|zookeeper|etcd|consul|minio|elasticsearch|opensearch|clickhouse|neo4j|cassandra|scylla|influxdb|couchdb|memgraph|vault)/i;

type Images = { readonly [service: string]: ProjectService };

/**
 * Services that keep data and whose image's tag comes from the same variable as that of a service which is upgraded: the operator's own `docker
 * compose up -d` with another value would recreate them. `raw` is the project before interpolation. Pure.
 */
export function findCoupled(raw: Images, upgraded: readonly string[]): readonly Finding[] {
  const variables = new Map<string, string>();
  for (const own of upgraded) for (const name of variablesOf(raw[own])) variables.set(name, own);
  return Object.entries(raw).flatMap(([name, section]) => {
    if (upgraded.includes(name) || !isStateful(section)) return [];
    const shared = variablesOf(section).find((variable) => variables.has(variable));
    if (shared === undefined) return [];
    return [
      {
        code: 'compose.stateful-tag',
        severity: 'warning',
        message: `${name} keeps data, and the version of its image comes from ${shared}, as that of ${variables.get(shared)} does: Onward never recreates it, and "docker compose up -d" with another ${shared} does.`,
        hint: `Give ${name} a version of its own in compose.yaml.`,
      },
    ];
  });
}

/** Known by its image, and by a volume that it writes to. */
export function isStateful(section: ProjectService | undefined): boolean {
  const image = String(section?.image ?? '');
  const name =
    repositoryOf(image.replaceAll(/\$\{?[^/}]*\}?/g, ''))
      .split('/')
      .at(-1) ?? '';
  return STATEFUL.test(name) && Array.isArray(section?.volumes) && section.volumes.length > 0;
}

function variablesOf(section: ProjectService | undefined): readonly string[] {
  return [...String(section?.image ?? '').matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].flatMap(([, name]) => name ?? []);
}
