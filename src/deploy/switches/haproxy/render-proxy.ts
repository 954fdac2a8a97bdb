import { badProxy } from './errors.ts';
import { RESOLVERS_SECTION, renderHaproxyBackend } from './render-backend.ts';

/** A service whose requests are to go through HAProxy. */
export interface ProxiedService {
  /** Also the name of its backend. */
  readonly service: string;
  readonly mode: 'http' | 'tcp';
  /** By which other containers know it, on which networks, and the ports that they connect to there. */
  readonly inside: {
    readonly names: readonly string[];
    readonly networks: readonly string[];
    readonly ports: readonly number[];
  };
  /** Addresses of the host by which clients reach it; `hosts` tell services apart that share one. */
  readonly edges: readonly { readonly host?: string; readonly port: number; readonly hosts?: readonly string[] }[];
}

export interface ProxyService {
  /** Its name in compose.yaml. */
  readonly name: string;
  /** HAProxy 2.6 or newer, with a digest. */
  readonly image: string;
  /** Of the host, where Onward writes `haproxy.cfg` and the folder `backends`; absolute, or relative to compose.yaml. */
  readonly configFolder: string;
  /** Of the host, where HAProxy makes its sockets. */
  readonly socketFolder: string;
  /** `uid:gid` of the operator, who must be able to use the sockets. */
  readonly user: string;
}

export interface ProxyFiles {
  /** `haproxy.cfg`: global, defaults and every frontend. */
  readonly config: string;
  /** `backends/<service>.cfg`, by service: empty backends, which the first upgrade fills. */
  readonly backends: ReadonlyMap<string, string>;
  /** The service that runs HAProxy, as YAML below `services:`. */
  readonly compose: string;
}

interface Route {
  readonly service: string;
  readonly mode: 'http' | 'tcp';
  /** What the `Host` header of its requests may say; `undefined`: anything, or there is no such header. */
  readonly hosts: readonly string[] | undefined;
}

interface Frontend {
  readonly name: string;
  /** Inside of the container. */
  readonly port: number;
  readonly what: string;
  readonly routes: readonly Route[];
}

interface Edge extends Frontend {
  readonly published: string;
}

/**
 * A ready-made HAProxy for a Compose project: one frontend for each address of the host, and one for each port by which services reach
 * each other; on those networks the container bears their names. Throws `switch.haproxy-cannot-tell-apart` when two services share an
 * address and nothing in a request says which one is meant. Pure.
 */
export function renderHaproxyProxy(services: readonly ProxiedService[], proxy: ProxyService): ProxyFiles {
  for (const service of services) assertNames(service);
  const inner = buildInner(services);
  const edges = buildEdges(services, new Set(inner.map(({ port }) => port)));
  const frontends = [...edges, ...inner];
  for (const frontend of frontends) assertDistinct(frontend);
  return {
    config: renderConfig(frontends),
    backends: new Map(
      services.map(({ service, mode }) => [
        service,
        renderHaproxyBackend({ backend: service, mode, targets: [], isHeld: false }),
      ]),
    ),
    compose: renderCompose(proxy, services, edges),
  };
}

function buildInner(services: readonly ProxiedService[]): readonly Frontend[] {
  const ports = [...new Set(services.flatMap(({ inside }) => inside.ports))].sort((a, b) => a - b);
  return ports.map((port) => {
    const here = services.filter(({ inside }) => inside.ports.includes(port));
    const routes = here.map(({ service, mode, inside }) => ({
      ...{ service, mode },
      hosts: here.length === 1 ? undefined : inside.names,
    }));
    return { name: `inside-${port}`, port, what: `port ${port} between services`, routes };
  });
}

/** An address of the host gets a port of its own in the container: by a `Host` of their choice, clients outside reach nothing else. */
function buildEdges(services: readonly ProxiedService[], taken: Set<number>): readonly Edge[] {
  const addresses = [...new Set(services.flatMap(({ edges }) => edges.map(describeEdge)))];
  return addresses.map((address) => {
    const routes = services.flatMap(({ service, mode, edges }) =>
      edges.filter((edge) => describeEdge(edge) === address).map(({ hosts }) => ({ service, mode, hosts })),
    );
    const wanted = Number(address.slice(address.lastIndexOf(':') + 1));
    let port = wanted;
    while (taken.has(port)) port = port === wanted ? FIRST_OTHER_PORT : port + 1;
    taken.add(port);
    return { name: `edge-${port}`, port, what: address, routes, published: `${address}:${port}` };
  });
}

const FIRST_OTHER_PORT = 20_000;

function describeEdge({ host, port }: ProxiedService['edges'][number]): string {
  return host === undefined ? String(port) : `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function assertDistinct({ what, routes }: Frontend): void {
  if (routes.length < 2) return;
  const names = routes.map(({ service }) => service).join(' and ');
  if (routes.some(({ mode }) => mode === 'tcp'))
    throw badProxy(names, `they share ${what}, and raw connections do not say which one they are for`);
  const hosts = routes.flatMap((route) => route.hosts ?? []).map((host) => host.toLowerCase());
  const shared = hosts.find((host, index) => hosts.indexOf(host) !== index);
  if (shared !== undefined) throw badProxy(names, `they share ${what} and the host ${shared}`);
  if (routes.filter((route) => route.hosts === undefined).length > 1)
    throw badProxy(names, `they share ${what}, and no host tells them apart`);
}

function assertNames({ service, inside, edges }: ProxiedService): void {
  const bad = [service, ...inside.names, ...inside.networks].find((name) => !/^[A-Za-z0-9_.-]+$/.test(name));
  if (bad !== undefined) throw badProxy(service, `${JSON.stringify(bad)} has other characters than A-Z a-z 0-9 _ . -`);
  const hosts = edges.flatMap((edge) => [...(edge.hosts ?? []), ...(edge.host === undefined ? [] : [edge.host])]);
  const badHost = hosts.find((host) => !/^[A-Za-z0-9.:-]+$/.test(host));
  if (badHost !== undefined) throw badProxy(service, `${JSON.stringify(badHost)} is no host`);
}

function renderConfig(frontends: readonly Frontend[]): string {
  const head = [
    '# Written by onward. Services that are added to it need this file again, and a reload.',
    'global',
    '  stats socket /run/onward/admin.sock mode 600 level admin',
    // As many connections as the container may have files, and never memory for a million of them.
    '  fd-hard-limit 50000',
    '',
    'defaults',
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout tunnel 24h',
    '  option dontlognull',
    '  option abortonclose',
    '',
    '# Containers have other addresses after each start of the machine.',
    ...RESOLVERS_SECTION,
  ];
  return `${[...head, ...frontends.flatMap(renderFrontend)].join('\n')}\n`;
}

/** The last: after a reload, a kept-alive connection is closed with its next answer, not under a client that is about to use it. */
const HTTP_OPTIONS = ['timeout http-request 60s', 'timeout http-keep-alive 20s', 'option idle-close-on-response'];

function renderFrontend({ name, port, what, routes }: Frontend): readonly string[] {
  const mode = routes.some((route) => route.mode === 'tcp') ? 'tcp' : 'http';
  const open = routes.find((route) => route.hosts === undefined);
  const rules = routes.flatMap(({ service, hosts }) =>
    hosts === undefined
      ? []
      : [
          `use_backend ${service} if { req.hdr(host),host_only,lower ${hosts.map((host) => host.toLowerCase()).join(' ')} }`,
        ],
  );
  return [
    '',
    `# ${what}`,
    `frontend ${name}`,
    ...[
      `mode ${mode}`,
      `bind :${port}`,
      ...(mode === 'http' ? HTTP_OPTIONS : []),
      ...rules,
      ...(open ? [`default_backend ${open.service}`] : []),
    ].map((line) => `  ${line}`),
  ];
}

function renderCompose(proxy: ProxyService, services: readonly ProxiedService[], edges: readonly Edge[]): string {
  const networks = [...new Set(services.flatMap(({ inside }) => inside.networks))].sort();
  const aliasesOn = (network: string) => [
    ...new Set(
      services.filter(({ inside }) => inside.networks.includes(network)).flatMap(({ inside }) => inside.names),
    ),
  ];
  return [
    `  ${proxy.name}:`,
    `    image: ${JSON.stringify(proxy.image)}`,
    '    command: ["haproxy", "-W", "-db", "-S", "/run/onward/master.sock", "-f", "/etc/onward/haproxy.cfg", "-f", "/etc/onward/backends"]',
    `    user: ${JSON.stringify(proxy.user)}`,
    '    restart: unless-stopped',
    '    stop_signal: SIGUSR1',
    '    stop_grace_period: 60s',
    ...(edges.length === 0
      ? []
      : ['    ports:', ...edges.map(({ published }) => `      - ${JSON.stringify(published)}`)]),
    '    volumes:',
    ...[
      { source: proxy.configFolder, target: '/etc/onward', isReadOnly: true },
      { source: proxy.socketFolder, target: '/run/onward', isReadOnly: false },
    ].flatMap(({ source, target, isReadOnly }) => [
      '      - type: bind',
      `        source: ${JSON.stringify(source)}`,
      `        target: ${target}`,
      ...(isReadOnly ? ['        read_only: true'] : []),
    ]),
    ...(networks.length === 0 ? [] : ['    networks:']),
    ...networks.flatMap((network) => [
      `      ${network}:`,
      `        aliases: [${aliasesOn(network)
        .map((alias) => JSON.stringify(alias))
        .join(', ')}]`,
    ]),
    '',
  ].join('\n');
}
