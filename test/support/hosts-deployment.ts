/**
 * A product of two services that run on hosts, a release source, a database and one deployment of it, driven through the built command.
 *
 * `search` is a template unit, of which old and new run at once; `index` is a plain unit. Both run tiny-service.mjs, see there.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createSystem, type EmbeddedPostgres, resolveConnectionTarget } from '../../src/system/index.ts';
import { type Behaviour, type CommandResult, type RunningCommand, runOnward } from './deployment.ts';
import { freePort } from './free-port.ts';
import type { Host, Hosts } from './systemd-hosts.ts';
import { packFolder } from './tar.ts';

const SERVICE = resolve(import.meta.dirname, 'tiny-service.mjs');

export type HostService = 'search' | 'index';

export interface HostsDeployment {
  readonly name: string;
  readonly folder: string;
  readonly stateDirectory: string;
  readonly ports: Readonly<Record<HostService, number>>;
  /** Publishes a release and points `stable` to it. A service that is not named is carried. */
  publish(version: string, behaviour?: Partial<Record<HostService, Behaviour>>): Promise<void>;
  /** The vendor's folder: product.yaml, migrations/, releases.d/, dist/<service>/. */
  readonly vendor: string;
  readonly database: string;
  onward(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  start(args: readonly string[], environment?: NodeJS.ProcessEnv): RunningCommand;
  writeDeployment(change: (text: string) => string): Promise<void>;
  /** What all runs have said so far, as JSON lines. */
  events(): Promise<string>;
  /** What a service's instances on a host are, by systemd: `search@search-1.0.0-….service active`. */
  unitsOn(host: Host): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export interface HostsDeploymentOptions {
  readonly hosts: Hosts;
  readonly services?: readonly HostService[];
  /** The services as images, by name, as product.yaml has them, in place of folders. */
  readonly images?: Readonly<Record<HostService, string>>;
  /** Ships a tarball, not a folder. */
  readonly tarball?: HostService;
  /** Keys of `search`, such as `canary: true`. */
  readonly search?: string;
  /** Its switch; a builtin one on its port unless told. */
  readonly searchSwitch?: string;
}

export async function createHostsDeployment(
  server: EmbeddedPostgres,
  options: HostsDeploymentOptions,
): Promise<HostsDeployment> {
  const { services = ['search', 'index'], tarball } = options;
  const name = `hosts-${Math.floor(Math.random() * 1e9)}`;
  const folder = await mkdtemp(join(tmpdir(), `onward-ssh-`));
  const database = name.replace('-', '_');
  await createDatabase(server, database);
  const ports = { search: await freePort(), index: await freePort() };
  const vendor = join(folder, 'vendor');
  const operator = join(folder, 'operator');
  for (const path of [join(vendor, 'migrations'), join(vendor, 'releases.d'), operator])
    await mkdir(path, { recursive: true });
  await writeFile(join(vendor, 'product.yaml'), renderProduct(services, options));
  const text = renderDeployment({ ...options, services, name, folder, ports, url: `${server.url}/${database}` });
  await writeFile(join(operator, 'onward.yaml'), text);
  for (const service of services) await writeService(vendor, service, {});
  const start = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    runOnward(args, { cwd: operator, environment });
  const expectDone = async (args: readonly string[]) => {
    const result = await start(args).ended;
    if (result.exit !== 0) throw new Error(`onward ${args.join(' ')} ended with ${result.exit}:\n${result.stderr}`);
  };
  return {
    name,
    folder: operator,
    ...{ vendor, database },
    stateDirectory: join(operator, '.onward'),
    ports,
    start,
    onward: (args, environment = {}) => start(args, environment).ended,
    async publish(version, behaviour = {}) {
      for (const [service, own] of Object.entries(behaviour)) await writeService(vendor, service, own);
      if (tarball !== undefined)
        await packFolder(join(vendor, 'dist', tarball), join(vendor, 'dist', `${tarball}-${version}.tar.gz`));
      const source = join(folder, 'releases');
      await expectDone(['release', 'build', version, '--product', join(vendor, 'product.yaml'), '--to', source]);
      await expectDone(['channel', 'set', 'stable', version, '--source', source]);
    },
    async writeDeployment(change) {
      const file = join(operator, 'onward.yaml');
      await writeFile(file, change(await readFile(file, 'utf8')));
    },
    async events() {
      const runs = join(operator, '.onward', 'runs');
      const texts = (await readdir(runs))
        .sort()
        .map((run) => readFile(join(runs, run, 'events.jsonl'), 'utf8').catch(() => ''));
      return (await Promise.all(texts)).join('');
    },
    async unitsOn(host) {
      const list = 'systemctl list-units --all --plain --no-legend --full "search*.service" "index*.service"';
      const lines = (await host.exec(['sh', '-c', list])).split('\n').filter(Boolean);
      return lines.map((line) => line.split(/\s+/)).map(([unit, , active]) => `${unit} ${active}`);
    },
    async remove() {
      const result = await start(['down', '--yes']).ended;
      if (result.exit !== 0) throw new Error(`The deployment could not be taken down:\n${result.stderr}`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const target = await resolveConnectionTarget({ url: `${server.url}/postgres`, origin: 'test', environment: {} });
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  await session.query(`create database "${name}"`);
  await session.close();
}

function renderProduct(
  services: readonly HostService[],
  { tarball, images }: Pick<HostsDeploymentOptions, 'tarball' | 'images'>,
): string {
  const shipped = (name: HostService) => {
    if (images) return `image: "${images[name]}"`;
    const files = name === tarball ? `tarball: "./dist/${name}-$\{version}.tar.gz"` : `artifact: ./dist/${name}`;
    return `${files}, command: [node, main.mjs]`;
  };
  const lines = services.map((name) => `  ${name}: { ${shipped(name)}, ready: { http: /ready } }`);
  return `product: tiny
upgrades: { skipMinor: true, skipMajor: true }
databases: { core: { services: [] } }
migrations: ./migrations
releases: ./releases.d
services:
${lines.join('\n')}
`;
}

interface Rendered extends HostsDeploymentOptions {
  readonly services: readonly HostService[];
  readonly name: string;
  readonly folder: string;
  readonly ports: HostsDeployment['ports'];
  readonly url: string;
}

function renderDeployment({ hosts, services, name, folder, ports, url, search = '', searchSwitch }: Rendered): string {
  const names = hosts.list.map((host) => host.name).join(', ');
  const own = {
    search: `unit: search@.service, port: 8080-8089, ${search === '' ? '' : `${search}, `}`,
    index: 'unit: index.service, port: 8070, ',
  };
  const switchOf = (service: HostService) =>
    (service === 'search' ? searchSwitch : undefined) ?? `{ builtin: { listen: "127.0.0.1:${ports[service]}" } }`;
  const lines = services.map(
    (service) =>
      `  ${service}: { runtime: ssh, hosts: [${names}], ${own[service]}switch: ${switchOf(service)}, readyTimeout: 10s, drain: 3s, grace: 2s, settle: 300ms }`,
  );
  return `
deployment: ${name}
releases: { source: ${join(folder, 'releases')} }
databases: { core: { url: "${url}" } }
lease: { ttl: 6s }
ssh: { config: ${hosts.sshConfig} }
services:
${lines.join('\n')}
`;
}

async function writeService(vendor: string, service: string, behaviour: Behaviour): Promise<void> {
  const artifact = join(vendor, 'dist', service);
  await mkdir(artifact, { recursive: true });
  await cp(SERVICE, join(artifact, 'main.mjs'));
  await writeFile(join(artifact, 'behaviour.json'), JSON.stringify({ service, ...behaviour }));
}
