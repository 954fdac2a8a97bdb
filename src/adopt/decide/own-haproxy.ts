import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';
import { type HaproxyBackend, type HaproxyFacts, type HaproxyRoute, parseHaproxy } from '../haproxy/parse-haproxy.ts';
import { choosePlace, type HaproxyPlace, IMAGE_FILE } from './haproxy-place.ts';

/** A service of the application, and what a `server` line may say that means it: a host, or a host with its port. */
export interface Frontable {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** A HAProxy of the operator's that can be the switch of services, at once or after what has to be added to it. */
export interface OwnHaproxy {
  readonly name: string;
  /** It is a container of the project. */
  readonly isInProject: boolean;
  readonly place: HaproxyPlace;
  readonly fronted: readonly FrontedService[];
  /** Services that it sends requests to, and why it cannot be their switch. */
  readonly refused: readonly { readonly name: string; readonly because: string }[];
}

export interface FrontedService {
  readonly name: string;
  /** Of Onward's: one of the operator's own is refused. */
  readonly backend: string;
  readonly mode: 'http' | 'tcp';
  /** Where its instances listen now. */
  readonly port: number;
  /** The port that the frontend listens on. */
  readonly bind?: number;
  /** Lines of frontends, as they are and as they have to be. */
  readonly lines: readonly { readonly frontend: string; readonly before: string; readonly after: string }[];
  /** Of the operator's backends: the first words of lines that hold for it no more. Values may be secret. */
  readonly rules: readonly { readonly backend: string; readonly line: string }[];
  readonly closesIdle: boolean;
}

/** `undefined`: it sends requests to none of the services. A text: it cannot be told whom it sends them to. Pure. */
export function planOwnHaproxy(
  haproxy: ObservedHaproxy,
  services: readonly Frontable[],
  options: { readonly folder: string; readonly networks?: (service: string) => string | undefined },
): OwnHaproxy | string | undefined {
  const files = listFiles(haproxy);
  const missing = files.find((path) => !haproxy.files.some((file) => file.path === path));
  if (missing !== undefined) return `whom ${haproxy.name} sends requests to: its ${missing} cannot be read from here`;
  const own = haproxy.files.filter(({ text }) => !text.startsWith('# Written by onward'));
  const facts = parseHaproxy(
    own.map(({ text }) => text),
    haproxy.variables,
  );
  const judged = services.map((service) => judge(facts, service, options.networks?.(service.name)));
  const fronted = judged.flatMap((one) => (one && 'lines' in one ? [one] : []));
  const refused = judged.flatMap((one) => (one && 'because' in one ? [one] : []));
  if (fronted.length === 0 && refused.length === 0) return undefined;
  const isInProject = haproxy.container !== undefined;
  const place = choosePlace(haproxy, facts, { folder: options.folder });
  return { name: haproxy.name, isInProject, place, fronted, refused };
}

/** The files that it is told to read; folders have no ending. */
function listFiles({ words }: ObservedHaproxy): readonly string[] {
  const named = words.filter((_, index) => words[index - 1] === '-f');
  const files = named.filter((path) => /\.[^/]+$/.test(path));
  return named.length === 0 ? [IMAGE_FILE] : files;
}

/** The first of them that sends requests to a service, and can be its switch. */
export function findFront(
  proxies: readonly (OwnHaproxy | string | undefined)[],
  name: string,
): { readonly own: OwnHaproxy; readonly fronted: FrontedService } | undefined {
  for (const own of proxies) {
    if (own === undefined || typeof own === 'string') continue;
    const fronted = own.fronted.find((one) => one.name === name);
    if (fronted) return { own, fronted };
  }
  return undefined;
}

type Judged = FrontedService | { readonly name: string; readonly because: string } | undefined;

function judge(facts: HaproxyFacts, service: Frontable, unreached: string | undefined): Judged {
  const { name } = service;
  const isOwn = ({ host, port }: HaproxyBackend['servers'][number]) =>
    service.addresses.includes(host) || service.addresses.includes(`${host}:${port}`);
  const backends = facts.backends.filter(({ servers }) => servers.some(isOwn));
  const asked = backends.filter((backend) => facts.routes.some((route) => route.backend === backend.name));
  const computed = facts.routes.find(({ backend }) => backend === undefined);
  const [first] = asked.length > 0 ? asked : backends;
  if (!first || (asked.length === 0 && !computed)) return undefined;
  if (asked.length === 0)
    return { name, because: `what leads to its backend ${first.name} is computed: "${computed?.line}"` };
  const mixed = asked.find(({ servers }) => !servers.every(isOwn));
  if (mixed) return { name, because: `backend ${mixed.name} has servers of others, too` };
  const word = asked.flatMap(({ servers }) => servers.flatMap(({ words }) => words.find(isForeign) ?? []))[0];
  if (word !== undefined)
    return { name, because: `its servers are spoken to with "${word}", which Onward's backends do not do` };
  if (unreached !== undefined) return { name, because: unreached };
  return describeFronted(facts, name, { backends: asked, first });
}

/** What changes what a server is told, and not which one. */
function isForeign(word: string): boolean {
  return /^(ssl|send-proxy.*|proto|alpn|socks4|source|namespace)$/.test(word);
}

function describeFronted(
  facts: HaproxyFacts,
  name: string,
  { backends, first }: { readonly backends: readonly HaproxyBackend[]; readonly first: HaproxyBackend },
): FrontedService {
  const taken = facts.backends.map((one) => one.name);
  const backend =
    [`onward-${name}`, `onward-switch-${name}`].find((one) => !taken.includes(one)) ?? `onward-of-${name}`;
  const routes = facts.routes.filter((route) => backends.some((one) => one.name === route.backend));
  const bind = routes.flatMap(({ binds }) => binds.flatMap((one) => /:(\d+)$/.exec(one)?.[1] ?? []))[0];
  return {
    ...{ name, backend, mode: first.mode, port: first.servers[0]?.port ?? 0 },
    ...(bind === undefined ? {} : { bind: Number(bind) }),
    lines: routes.map((route) => ({
      frontend: route.frontend,
      before: shorten(route.line),
      after: shorten(changeLine(route, backend)),
    })),
    rules: backends.flatMap((one) =>
      one.rules.map((line) => ({ backend: one.name, line: line.split(/\s+/).slice(0, 2).join(' ') })),
    ),
    closesIdle: routes.some(({ closesIdle }) => closesIdle),
  };
}

/** Its condition is left out: it may hold what is secret. */
function shorten(line: string): string {
  return line.replace(/\s+(if|unless)\s.*$/, ' $1 ...');
}

function changeLine({ line, frontend }: HaproxyRoute, backend: string): string {
  if (/^listen\b/.test(line)) return `frontend ${frontend}, with default_backend ${backend} in place of its servers`;
  return line.replace(/^(\S+\s+)\S+/, `$1${backend}`);
}
