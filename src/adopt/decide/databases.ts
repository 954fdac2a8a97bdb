import type { ComposeService, ObservedProject } from '../compose/project.ts';
import { type Decision, told, unknown } from './decision.ts';
import { isPostgres } from './known-software.ts';

/** Where an application service is told that its Postgres is. No password is in it. */
export interface DatabaseUse {
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** The variable that holds its password, or a URL with it, and the file that it is in where there is one. */
  readonly password?: { readonly variable: string; readonly file?: string };
}

export interface AdoptedDatabase {
  /** Its name in onward.yaml. */
  readonly name: string;
  readonly services: readonly string[];
  /** As the services connect. */
  readonly inside: { readonly host: string; readonly port: number };
  /** As this machine connects. */
  readonly reach: Decision<{ readonly host: string; readonly port: number }>;
  readonly database: string;
  readonly user: string;
  readonly password?: DatabaseUse['password'];
  /** The major version of the server, where its image says so. */
  readonly major?: string;
}

const POSTGRES_URL = /^postgres(?:ql)?(?:\+\w+)?:\/\//i;
const PORT = 5432;

/** The Postgres databases of the application's services, each once, in the order in which services name them. */
export function listDatabases(
  project: ObservedProject,
  services: readonly ComposeService[],
): readonly AdoptedDatabase[] {
  const uses = services.flatMap((service) => findUses(project, service));
  const keys = [...new Set(uses.map(keyOf))];
  const taken = new Set<string>();
  return keys.flatMap((key) => {
    const own = uses.filter((use) => keyOf(use) === key);
    const [first] = own;
    if (!first) return [];
    return [adopt(project, { first, services: [...new Set(own.map(({ service }) => service))], taken })];
  });
}

function keyOf({ host, port, database }: DatabaseUse): string {
  return `${host}:${port}/${database}`;
}

function adopt(
  project: ObservedProject,
  found: { readonly first: DatabaseUse; readonly services: readonly string[]; readonly taken: Set<string> },
): AdoptedDatabase {
  const { host, port, database, user, password } = found.first;
  const wanted = toName(database);
  const name = found.taken.has(wanted) ? toName(`${host}-${database}`) : wanted;
  found.taken.add(name);
  const server = project.services.find((service) => service.name === host);
  const major = /:v?(\d{2})\b/.exec(server?.image ?? '')?.[1];
  return {
    name,
    services: found.services,
    inside: { host, port },
    reach: chooseReach(project, { host, port }),
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ...(major === undefined ? {} : { major }),
  };
}

/** A host name of the project means nothing outside of its networks. */
function chooseReach(project: ObservedProject, inside: AdoptedDatabase['inside']): AdoptedDatabase['reach'] {
  const { host, port } = inside;
  const server = project.services.find((service) => service.name === host || hasAlias(service, host));
  if (!server) return told(inside, 'it is no service of the project');
  const container = project.containers.find((one) => one.service === server.name && one.state === 'running');
  const published = container?.published.find(({ target }) => target === port);
  if (published) {
    const address = published.hostIp === '0.0.0.0' ? '127.0.0.1' : published.hostIp;
    return told({ host: address, port: published.hostPort }, `port ${port} of ${server.name} is published there`);
  }
  const address = container?.networks.find((network) => network.address !== '')?.address;
  const advice = `publish it on loopback, ports: ["127.0.0.1:${port}:${port}"] of ${server.name}`;
  if (address !== undefined) {
    return unknown(
      { host: address, port },
      `an address of ${server.name} that lasts: it publishes no port, and this one changes with its container; ${advice}`,
    );
  }
  return unknown({ host: '127.0.0.1', port }, `how this machine reaches ${server.name}; ${advice}`);
}

function hasAlias({ networks }: ComposeService, alias: string): boolean {
  return networks.some(({ aliases }) => aliases.includes(alias));
}

function findUses(project: ObservedProject, service: ComposeService): readonly DatabaseUse[] {
  const fromUrls = Object.entries(service.environment).flatMap(([name, value]) => fromUrl(service, name, value));
  if (fromUrls.length > 0) return fromUrls;
  const prefixes = Object.keys(service.environment).flatMap(
    (name) => /^(.*?)(?:HOST|HOSTNAME|SERVER)$/.exec(name)?.[1] ?? [],
  );
  return prefixes.flatMap((prefix) => fromVariables(project, service, prefix));
}

function fromUrl(service: ComposeService, variable: string, value: string): readonly DatabaseUse[] {
  if (!POSTGRES_URL.test(value)) return [];
  try {
    const url = new URL(value.replace(POSTGRES_URL, 'postgres://'));
    const user = decodeURIComponent(url.username);
    const database = decodeURIComponent(url.pathname.slice(1));
    return [
      {
        service: service.name,
        host: url.hostname,
        port: Number(url.port || PORT),
        user: user || 'postgres',
        database: database || user || 'postgres',
        ...(url.password === '' ? {} : { password: { variable: source(service, variable) } }),
      },
    ];
  } catch {
    // Several hosts, or a socket: it is a URL to libpq alone.
    return [];
  }
}

/** Variables of one family, such as `PGHOST`, `POSTGRES_HOST` or `SHOP_DB_HOST`: their host must be a Postgres, or their port its. */
function fromVariables(project: ObservedProject, service: ComposeService, prefix: string): readonly DatabaseUse[] {
  if (!/(^|_)(PG|POSTGRES(QL)?_|DB_|DATABASE_|PG_)$/.test(prefix)) return [];
  const find = (...names: readonly string[]) => {
    const name = names.map((one) => `${prefix}${one}`).find((one) => service.environment[one] !== undefined);
    return name === undefined ? undefined : { name, value: service.environment[name] ?? '' };
  };
  const host = find('HOST', 'HOSTNAME', 'SERVER')?.value ?? '';
  const port = Number(find('PORT')?.value || PORT);
  const server = project.services.find(({ name }) => name === host);
  if (server ? !isPostgres(server.image ?? '') : port !== PORT || !/PG|POSTGRES/.test(prefix)) return [];
  const user = find('USER', 'USERNAME')?.value ?? 'postgres';
  const file = find('PASSWORD_FILE', 'PASS_FILE', 'PASSFILE');
  const text = find('PASSWORD', 'PASS');
  const held = file ?? text;
  const onHost = file && service.secretFiles[file.value];
  return [
    {
      service: service.name,
      host,
      port,
      user,
      database: find('DATABASE', 'NAME', 'DB', 'DBNAME')?.value ?? user,
      ...(held
        ? {
            password: {
              variable: file ? file.name : source(service, held.name),
              ...(onHost === undefined ? {} : { file: onHost }),
            },
          }
        : {}),
    },
  ];
}

/** The variable that Compose fills in there, which is where the secret is kept; else the service's own. */
function source(service: ComposeService, variable: string): string {
  const [, filled] = /\$\{?(\w*(?:PASS|SECRET|URL|DSN)\w*)/i.exec(service.written[variable] ?? '') ?? [];
  return filled ?? variable;
}

export function toName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  return name === '' ? 'core' : name;
}
