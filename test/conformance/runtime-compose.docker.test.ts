import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createComposeRuntime, type InstanceSpec, type Runtime } from '../../src/deploy/index.ts';
import type { ImageComponent, Service } from '../../src/model/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { eventually } from '../support/eventually.ts';
import { askInstance, instanceOf, specOf, startsOf } from '../support/instances.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { describeRuntime, type RuntimeMember } from './runtime-suite.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
const owner = createProject('compose-runtime');
let registry: Registry;
let image: ImageComponent;
let projects = 0;

beforeAll(async () => {
  registry = await startRegistry();
  const folder = await mkdtemp(join(tmpdir(), 'onward-workload-'));
  await cp(new URL('../support/workload.mjs', import.meta.url), join(folder, 'workload.mjs'));
  const reference = await buildServiceImage({
    project: owner,
    name: 'workload',
    tag: '1',
    folder,
    command: ['node', 'workload.mjs', 'serve'],
  });
  await rm(folder, { recursive: true });
  const identity = (await registry.push(reference, 'shop/workload:1')) as ImageComponent['identity'];
  const name = `${registry.host}/shop/workload`;
  image = { kind: 'image', service: 'api', image: name, identity, bytes: 1_000, producedBy: '1.2.0', command: [] };
  await docker(['pull', '--quiet', `${name}@${identity}`]);
});

afterAll(async () => {
  await removeProject(owner);
  await registry?.close();
});

function serviceOf(name: string, graceMs: number): Service {
  const runtime = { kind: 'compose', service: name, port: 8080 } as const;
  const limits = { readyTimeoutMs: 5_000, drainMs: 0, graceMs, settleMs: 0 };
  return { name, runtime, replicas: 1, switch: { kind: 'none' }, environment: {}, ...limits };
}

const compose = (folder: string) => join(folder, 'project');

const member: RuntimeMember = {
  name: 'compose',
  // The engine counts grace periods in seconds.
  grace: { leastMs: 900, mostMs: 10_000 },
  async create(folder) {
    projects += 1;
    await mkdir(compose(folder));
    const service = `{ image: "nothing:1", init: true, restart: always, volumes: ["${folder}:${folder}"], deploy: { replicas: 3 } }`;
    await writeFile(
      join(compose(folder), 'compose.yaml'),
      `name: ${owner}-${projects}\nservices:\n  api: ${service}\n  web: ${service}\n`,
    );
    const config = { folder: compose(folder), files: [], profiles: [], envFiles: [] };
    return createComposeRuntime(system, {
      stateDirectory: join(folder, 'state'),
      deployment: 'shop',
      compose: { ...config, override: join(compose(folder), 'compose.override.yaml') },
      services: [serviceOf('api', 1_000), serviceOf('web', 1_000)],
    });
  },
  specOf(folder, id, { behaviour = ['serve'], environment, ...more } = {}): InstanceSpec {
    const spec = specOf(folder, id, more);
    // One file for all of a sort: they differ in nothing.
    const marks = join(folder, `${id.replace(/-\d+$/, '')}.marks`);
    return {
      ...spec,
      identity: image.identity,
      artifact: `${image.image}@${image.identity}`,
      command: ['node', 'workload.mjs', ...behaviour],
      environment: { MARKS: marks, ...environment },
    };
  },
  async isAnythingLeft(specs) {
    const bases = new Set(specs.map(({ id }) => id.replace(/-\d+$/, '')));
    const project = `label=com.docker.compose.project=${owner}-${projects}`;
    const list = (base: string) =>
      docker(['ps', '--quiet', '--filter', project, '--filter', `label=dev.onward.base=${base}`]);
    return (await Promise.all([...bases].map(list))).join('') !== '';
  },
  clear: async () => removeProject(`${owner}-${projects}`),
};

describeRuntime(member);

it('starts an instance again that is killed, as compose.yaml says, and leaves one down that was stopped when the engine restarts, until it is started again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onward-runtime-'));
  try {
    const runtime: Runtime = await member.create(folder);
    const spec = member.specOf(folder, 'api-1');
    await runtime.create(spec, 1);
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    const { pid } = (await instanceOf(runtime, spec)) ?? {};
    process.kill(pid ?? 0, 'SIGKILL');
    const again = await eventually(
      () => instanceOf(runtime, spec),
      (found) => found?.state === 'running' && found.restarts === 1,
    );
    expect(again?.pid).not.toBe(pid);
    await askInstance(runtime, spec);
    expect(await startsOf(spec)).toHaveLength(2);
    await runtime.stop('api-1', 1);
    const policy = ['inspect', '--format', '{{.HostConfig.RestartPolicy.Name}}', `${owner}-${projects}-api-1`];
    expect(await docker(policy)).toBe('unless-stopped');
    await runtime.start('api-1', 1);
    expect(await docker(policy)).toBe('always');
  } finally {
    await member.clear(folder);
    await rm(folder, { recursive: true, force: true });
  }
});
