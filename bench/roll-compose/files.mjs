import { INNER_PORTS, NAMES, REPLICAS, SERVICE_PORT, SERVICES } from './services.mjs';

const CHECK = `fetch("http://127.0.0.1:${SERVICE_PORT}/ready").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

/**
 * The same project for every candidate; HAProxy's configuration alone differs.
 *
 * @param {{ haproxy: string, registry: string, ports: Record<string, number> }} options
 */
export function renderCompose({ haproxy, registry, ports }) {
  const service = (/** @type {string} */ name) => `
  ${name}:
    image: ${registry}/bench/${name}:\${TAG:-1.0.0}
    expose: ["${SERVICE_PORT}"]
    restart: unless-stopped
    stop_grace_period: 10s
    deploy: { replicas: ${REPLICAS} }
    healthcheck: { test: [CMD, node, -e, '${CHECK}'], interval: 2s, timeout: 5s, retries: 10 }
    depends_on: [${(SERVICES[name]?.after ?? []).join(', ')}]`;
  return `services:
  haproxy:
    image: ${haproxy}
    user: "${process.getuid?.()}:${process.getgid?.()}"
    restart: unless-stopped
    command: [haproxy, -W, -db, -S, /run/haproxy/master.sock, -f, /etc/haproxy/haproxy.cfg, -f, /etc/haproxy/backends]
    ports: [${NAMES.map((name) => `"127.0.0.1:${ports[name]}:${INNER_PORTS[name]}"`).join(', ')}]
    volumes: ["./haproxy/haproxy.cfg:/etc/haproxy/haproxy.cfg:ro", "./haproxy/backends:/etc/haproxy/backends:ro", "./haproxy/run:/run/haproxy"]
${NAMES.map(service).join('')}
`;
}

const HAPROXY = `global
  stats socket /run/haproxy/admin.sock mode 600 level admin
  maxconn 4000
defaults
  mode http
  timeout client 1h
  timeout server 1h
  timeout connect 5s
`;

/** Backends are Onward's, which writes them beside this. */
export function renderOurHaproxy() {
  const frontends = NAMES.map(
    (name) => `frontend ${name}-clients\n  bind :${INNER_PORTS[name]}\n  use_backend %[str(${name})]\n`,
  );
  return `${HAPROXY}${frontends.join('')}`;
}

/** Servers come and go by Docker's DNS, as HAProxy's own documentation has it for containers; a request that finds no server is tried on another. */
export function renderPeerHaproxy() {
  const sections = NAMES.map(
    (name) => `frontend ${name}-clients
  bind :${INNER_PORTS[name]}
  default_backend ${name}
backend ${name}
  balance roundrobin
  option httpchk GET /ready
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response response-timeout
  default-server check inter 500ms fall 1 rise 1 resolvers docker init-addr none
  server-template ${name} 8 ${name}:${SERVICE_PORT}
`,
  );
  return `${HAPROXY}resolvers docker
  nameserver dns 127.0.0.11:53
  resolve_retries 3
  timeout resolve 500ms
  timeout retry 500ms
  hold valid 500ms
${sections.join('')}`;
}

/** @param {string} registry */
export function renderProduct(registry) {
  const lines = Object.entries(SERVICES).map(
    ([name, { after }]) =>
      `  ${name}: { image: "${registry}/bench/${name}:\${version}", after: [${after.join(', ')}], ready: { http: /ready } }`,
  );
  return `product: bench
upgrades: { skipMinor: true, skipMajor: true }
databases: { core: { services: [] } }
migrations: ./migrations
services:
${lines.join('\n')}
`;
}

/** @param {{ source: string, databaseUrl: string }} options */
export function renderDeployment({ source, databaseUrl }) {
  const lines = NAMES.map(
    (name) =>
      `  ${name}: { runtime: compose, replicas: ${REPLICAS}, settle: 500ms, switch: { haproxy: { socket: ./haproxy/run/admin.sock, master: ./haproxy/run/master.sock, backend: ${name}, file: ./haproxy/backends/${name}.cfg } } }`,
  );
  return `deployment: bench
releases: { source: ${source} }
databases: { core: { url: "${databaseUrl}" } }
compose: { folder: . }
services:
${lines.join('\n')}
`;
}
