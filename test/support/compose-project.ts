/**
 * `createComposeProject(owner, { files, services })`: a folder with an operator's Compose files, and a runtime for it, whose image is a service of
 * the tests in a registry of its own. Everything that is made is of that project.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createComposeRuntime, type InstanceSpec, type Runtime } from '../../src/deploy/index.ts';
import type { ComposeConfig, ImageComponent, Service } from '../../src/model/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { createProject, docker, removeProject } from './docker.ts';
import { type Registry, startRegistry } from './registry.ts';
import { buildServiceImage } from './service-image.ts';

export interface ComposeImages {
  readonly owner: string;
  readonly registry: Registry;
  /** As a release would have it, with the tag as the version. */
  component(tag: string): Promise<ImageComponent>;
  close(): Promise<void>;
}

/** Images of the tiny service, pushed and pulled by digest. */
export async function createComposeImages(purpose: string): Promise<ComposeImages> {
  const owner = createProject(purpose);
  const registry = await startRegistry();
  const made = new Map<string, Promise<ImageComponent>>();
  const make = async (tag: string): Promise<ImageComponent> => {
    const reference = await buildServiceImage({ project: owner, name: 'api', tag });
    const identity = (await registry.push(reference, `shop/api:${tag}`)) as ImageComponent['identity'];
    const image = `${registry.host}/shop/api`;
    await docker(['pull', '--quiet', `${image}@${identity}`]);
    return { kind: 'image', service: 'api', image, tag, identity, bytes: 1_000, producedBy: tag, command: [] };
  };
  return {
    owner,
    registry,
    component(tag) {
      const found = made.get(tag) ?? make(tag);
      made.set(tag, found);
      return found;
    },
    async close() {
      await removeProject(owner);
      await registry.close();
    },
  };
}

export interface ComposeProject {
  readonly name: string;
  readonly folder: string;
  readonly runtime: Runtime;
  /** The runtime of another command. */
  reopen(compose?: Partial<ComposeConfig>): Runtime;
  specOf(component: ImageComponent, id: string, more?: Partial<InstanceSpec>): InstanceSpec;
  /** Plain `docker compose` of the operator. */
  compose(args: readonly string[]): Promise<string>;
  /** `<name> <id> <started at>` of every container, sorted. */
  containers(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export interface ComposeProjectOptions {
  /** Texts by path. */
  readonly files: { readonly [path: string]: string };
  readonly services: readonly (Partial<Service> & { readonly name: string })[];
  readonly compose?: Partial<ComposeConfig>;
  /** Where the runtime finds the engine; the machine's unless told. */
  readonly host?: string;
}

export async function createComposeProject(owner: string, options: ComposeProjectOptions): Promise<ComposeProject> {
  const name = createProject(owner.replace(/^onward-/, '').replace(/-[0-9a-f]+$/, ''));
  const root = await mkdtemp(join(tmpdir(), 'onward-project-'));
  const folder = join(root, 'project');
  for (const [path, text] of Object.entries({ '.env': '', ...options.files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const named = path === '.env' ? `COMPOSE_PROJECT_NAME=${name}\n${text}` : text;
    await writeFile(join(folder, path), named);
  }
  const engine = options.host === undefined ? {} : { DOCKER_HOST: options.host };
  const system = createSystem({ environment: { ...process.env, ...engine }, onEvent: () => {} });
  const services = options.services.map(serviceOf);
  const reopen = (more: Partial<ComposeConfig> = {}) =>
    createComposeRuntime(system, {
      stateDirectory: join(root, 'state'),
      deployment: 'shop',
      compose: {
        ...{ folder, files: [], profiles: [], envFiles: [], override: join(folder, 'compose.override.yaml') },
        ...options.compose,
        ...more,
      },
      services,
      pullLimits: { answerMs: 1_500, bytesPerSecond: 1_000_000, attempts: 2, pauseMs: 10 },
    });
  const compose = (args: readonly string[]) => docker(['compose', ...args], { cwd: folder });
  return {
    name,
    folder,
    runtime: reopen(),
    reopen,
    specOf: (component, id, more = {}) => ({
      ...{ id, service: 'api', release: component.producedBy, kind: 'service' as const, identity: component.identity },
      ...{ config: `sha256:${'c'.repeat(64)}` as const, artifact: `${component.image}@${component.identity}` },
      ...{ command: [], environment: {}, graceMs: 1_000, run: 'run-1' },
      ...more,
    }),
    compose,
    async containers() {
      const ids = await docker(['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${name}`]);
      if (ids === '') return [];
      const format = '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}}';
      return (await docker(['inspect', '--format', format, ...ids.split('\n')])).split('\n').sort();
    },
    async remove() {
      await removeProject(name);
      await rm(root, { recursive: true, force: true });
    },
  };
}

function serviceOf(more: Partial<Service> & { readonly name: string }): Service {
  const limits = { readyTimeoutMs: 5_000, drainMs: 0, graceMs: 1_000, settleMs: 0 };
  const runtime = { kind: 'compose', service: more.name } as const;
  return { runtime, replicas: 1, switch: { kind: 'none' }, environment: {}, ...limits, ...more };
}
