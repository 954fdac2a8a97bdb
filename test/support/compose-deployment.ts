/**
 * `createComposeDeployment(server, 'rolls')`: a product of small services in images, a registry, an operator's compose.yaml and onward.yaml, driven
 * through the built command. The ledger is in a real Postgres of this machine; the switch is Onward's own, in front of containers.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystem, type EmbeddedPostgres, resolveConnectionTarget } from '../../src/system/index.ts';
import { type Behaviour, type CommandResult, type RunningCommand, runOnward } from './deployment.ts';
import { createProject, docker, removeProject } from './docker.ts';
import { freePort } from './free-port.ts';
import { type Registry, startRegistry } from './registry.ts';
import { buildServiceImage } from './service-image.ts';

export type ComposeServiceName = 'api' | 'worker' | 'migrate';

export interface ContainerView {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly startedAt: string;
  readonly image: string;
}

export interface ComposeDeploymentOptions {
  /** The engine; the machine's unless told. */
  readonly host?: string;
  /** Where images are named to be, when that is not the registry itself: a front of it. */
  readonly imageHost?: (registry: string) => Promise<string>;
  /** Text of compose.yaml, given the names of the images of 1.0.0. */
  readonly compose?: (images: { readonly [service in ComposeServiceName]: string }) => string;
  /** Lines of `services` in onward.yaml. */
  readonly services?: (port: number) => string;
}

export interface ComposeDeployment {
  readonly project: string;
  readonly folder: string;
  readonly operator: string;
  readonly stateDirectory: string;
  readonly registry: Registry;
  /** Where the switch listens for api. */
  readonly port: number;
  /** Builds and pushes what is named, and points `stable` to the release; what is not named is the image of before under another tag. */
  publish(version: string, behaviour?: Partial<Record<ComposeServiceName, Behaviour>>): Promise<void>;
  onward(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  start(args: readonly string[], environment?: NodeJS.ProcessEnv): RunningCommand;
  /** Plain `docker compose` of the operator in his folder. */
  compose(args: readonly string[]): Promise<string>;
  /** All containers of a service, stopped ones included, in the order of their numbers. */
  containers(service: ComposeServiceName): Promise<readonly ContainerView[]>;
  write(path: string, change: (text: string) => string): Promise<void>;
  remove(): Promise<void>;
}

const PRODUCT = (host: string) => `
product: tiny
upgrades: { skipMinor: true, skipMajor: true }
databases: { core: { services: [api] } }
migrations: ./migrations
services:
  migrate: { image: "${host}/tiny/migrate:\${version}", roll: one-shot }
  api: { image: "${host}/tiny/api:\${version}", database: core, after: [migrate], ready: { http: /ready } }
  worker: { image: "${host}/tiny/worker:\${version}", after: [api], roll: overlap, ready: { http: /ready } }
`;

const COMPOSE = (images: { readonly [service in ComposeServiceName]: string }) => `
x-common: &common
  stop_grace_period: 5s
services:
  migrate: { image: "${images.migrate}", command: [node, -e, "console.log('migrated')"] }
  api:
    <<: *common
    image: ${images.api}
    restart: unless-stopped
    expose: ["8080"]
    environment: { GREETING: "a $$1 bill" }
    depends_on: { migrate: { condition: service_completed_successfully } }
  worker: { <<: *common, image: "${images.worker}", restart: always, expose: ["8080"] }
`;

const SERVICES_YAML = (port: number) => `
  migrate: { runtime: compose, roll: one-shot, readyTimeout: 20s }
  api: { runtime: compose, replicas: 2, switch: { builtin: { listen: "127.0.0.1:${port}" } }, readyTimeout: 20s, drain: 3s, grace: 2s, settle: 150ms }
  worker: { runtime: compose, readyTimeout: 20s, grace: 2s, settle: 150ms }
`;

export async function createComposeDeployment(
  server: EmbeddedPostgres,
  purpose: string,
  options: ComposeDeploymentOptions = {},
): Promise<ComposeDeployment> {
  const project = createProject(purpose);
  const registry = await startRegistry();
  const imageHost = (await options.imageHost?.(registry.host)) ?? registry.host;
  const folder = await mkdtemp(join(tmpdir(), `onward-${purpose}-`));
  const vendor = join(folder, 'vendor');
  const operator = join(folder, 'operator');
  await mkdir(join(vendor, 'migrations/core/1.0.0/expand'), { recursive: true });
  await mkdir(operator, { recursive: true });
  await writeFile(
    join(vendor, 'migrations/core/1.0.0/expand/001_create.sql'),
    'create table item (id bigint primary key);\n',
  );
  await writeFile(join(vendor, 'product.yaml'), PRODUCT(imageHost));
  const port = await freePort();
  const database = await createDatabase(server, project);
  const images = imageNames(imageHost);
  await writeFile(join(operator, 'compose.yaml'), (options.compose ?? COMPOSE)(images));
  await writeFile(join(operator, '.env'), `COMPOSE_PROJECT_NAME=${project}\n`);
  const services = (options.services ?? SERVICES_YAML)(port);
  const source = join(folder, 'releases');
  await writeFile(
    join(operator, 'onward.yaml'),
    `deployment: tiny\nreleases: { source: ${source} }\ndatabases: { core: { url: "${database}" } }\nlease: { ttl: 6s }\ncompose: {}\nservices:${services}`,
  );
  const engine = options.host === undefined ? {} : { DOCKER_HOST: options.host };
  const start = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    runOnward(args, { cwd: operator, environment: { ...engine, ...environment } });
  const onward = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) => start(args, environment).ended;
  const known = new Map<ComposeServiceName, string>();
  const dockerHost = options.host === undefined ? {} : { host: options.host };
  const deployment: ComposeDeployment = {
    project,
    folder,
    operator,
    stateDirectory: join(operator, '.onward'),
    registry,
    port,
    start,
    onward,
    async publish(version, behaviour = {}) {
      for (const service of ['migrate', 'api', 'worker'] as const) {
        const mine = behaviour[service];
        let reference = known.get(service);
        if (mine || reference === undefined) {
          reference = await buildServiceImage({
            project,
            name: service,
            tag: version,
            ...(mine ? { behaviour: mine } : {}),
          });
          known.set(service, reference);
        }
        await registry.push(reference, `tiny/${service}:${version}`);
      }
      const build = ['release', 'build', version, '--product', join(vendor, 'product.yaml'), '--to', source];
      for (const args of [build, ['channel', 'set', 'stable', version, '--source', source]]) {
        const result = await onward(args);
        if (result.exit !== 0) throw new Error(`onward ${args.join(' ')} ended with ${result.exit}:\n${result.stderr}`);
      }
    },
    compose: (args) => docker(['compose', ...args], { cwd: operator, ...dockerHost }),
    async containers(service) {
      const filters = [`label=com.docker.compose.project=${project}`, `label=com.docker.compose.service=${service}`];
      const ids = await docker(
        ['ps', '--all', '--quiet', ...filters.flatMap((filter) => ['--filter', filter])],
        dockerHost,
      );
      if (ids === '') return [];
      const found = JSON.parse(await docker(['inspect', ...ids.split('\n')], dockerHost)) as readonly Inspected[];
      return found
        .map(({ Id, Name, State, Config }) => ({
          id: Id,
          name: Name.slice(1),
          state: State.Status,
          startedAt: State.StartedAt,
          image: Config.Image,
          number: Number(Config.Labels['com.docker.compose.container-number']),
        }))
        .sort((a, b) => a.number - b.number);
    },
    async write(path, change) {
      const file = join(operator, path);
      await writeFile(file, change(await readFile(file, 'utf8').catch(() => '')));
    },
    async remove() {
      await onward(['down', '--yes']);
      await removeProject(project, dockerHost);
      if (options.host !== undefined) await removeProject(project);
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return deployment;
}

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Status: string; readonly StartedAt: string };
  readonly Config: { readonly Image: string; readonly Labels: { readonly [name: string]: string } };
}

function imageNames(host: string): { readonly [service in ComposeServiceName]: string } {
  return { api: `${host}/tiny/api:1.0.0`, worker: `${host}/tiny/worker:1.0.0`, migrate: `${host}/tiny/migrate:1.0.0` };
}

async function createDatabase(server: EmbeddedPostgres, project: string): Promise<string> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const target = await resolveConnectionTarget({ url: `${server.url}/postgres`, origin: 'test', environment: {} });
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  const name = project.replaceAll('-', '_');
  await session.query(`create database "${name}"`);
  await session.close();
  return `${server.url}/${name}`;
}
