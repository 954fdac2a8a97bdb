import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createComposeRuntime, type InstanceSpec, type Runtime } from '../../src/deploy/index.ts';
import type { ImageComponent, Service } from '../../src/model/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { aliveOf, specOf, startsOf } from '../support/instances.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { commandSpecOf, describeCommands, TOOL_ENVIRONMENT } from './command-suite.ts';
import { describeRuntime, type RuntimeMember } from './runtime-suite.ts';

const system = createSystem({ environment: TOOL_ENVIRONMENT, onEvent: () => {} });
const owner = createProject('compose-runtime');
let registry: Registry;
let image: ImageComponent;

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

/** A compose project for each folder that a test has. */
const projectOf = (folder: string) => `${owner}-${basename(folder).toLowerCase()}`;
const optionsOf = (folder: string) => {
  const project = join(folder, 'project');
  return {
    stateDirectory: join(folder, 'state'),
    deployment: 'shop',
    compose: {
      ...{ folder: project, files: [], profiles: [], envFiles: [] },
      override: join(project, 'compose.override.yaml'),
    },
    services: [serviceOf('api', 1_000), serviceOf('web', 1_000)],
  };
};

/** With compose.yaml of the operator in it; whatever is written to the folder inside of a container is seen here. */
async function open(folder: string, section: string): Promise<Runtime> {
  const options = optionsOf(folder);
  await mkdir(options.compose.folder, { recursive: true });
  const service = `{ image: "nothing:1", volumes: ["${folder}:${folder}"], ${section} }`;
  await writeFile(
    join(options.compose.folder, 'compose.yaml'),
    `name: ${projectOf(folder)}\nservices:\n  api: ${service}\n  web: ${service}\n`,
  );
  return createComposeRuntime(system, options);
}

const clear = (folder: string) => removeProject(projectOf(folder));

const member: RuntimeMember = {
  name: 'compose',
  // The engine counts grace periods in seconds.
  grace: { leastMs: 900, mostMs: 10_000 },
  runsIn: 'image',
  recallsCrash: false,
  open: (folder) => open(folder, 'init: true, restart: always, deploy: { replicas: 3 }'),
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
  startsOf,
  async familyOf({ place = '' }) {
    const [, ...rows] = (await docker(['top', place.replace('container ', ''), '-eo', 'pid'])).split('\n');
    return rows.map(Number);
  },
  aliveOf,
  kill: async ({ pid = 0 }) => void process.kill(pid, 'SIGKILL'),
  async isAnythingLeft(specs) {
    const left = specs.map(({ id, environment }) => {
      const project = `label=com.docker.compose.project=${projectOf(dirname(environment.MARKS ?? ''))}`;
      const base = `label=dev.onward.base=${id.replace(/-\d+$/, '')}`;
      return docker(['ps', '--quiet', '--filter', project, '--filter', base]);
    });
    return (await Promise.all(left)).join('') !== '';
  },
  clear,
};

describeRuntime(member);

describeCommands({
  name: 'compose',
  artifact: 'image',
  system,
  // The processes of a command are numbered as on this machine, so that a test can look at them.
  open: (folder) => open(folder, 'pid: host'),
  options: optionsOf,
  specOf(folder, script, more) {
    const spec = commandSpecOf(folder, `cd ${folder}; ${script}`, { graceMs: 1_000, ...more });
    return { ...spec, artifact: `${image.image}@${image.identity}` };
  },
  read: (folder, name) => readFile(join(folder, name), 'utf8').catch(() => ''),
  aliveOf,
  recorded: (folder) => readdir(join(folder, 'state/commands/api')).catch(() => []),
  clear,
});

it('leaves an instance down that was stopped when the engine restarts, until it is started again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onward-runtime-'));
  try {
    const runtime = await member.open(folder);
    await runtime.create(member.specOf(folder, 'api-1'), 1);
    await runtime.start('api-1', 1);
    await runtime.stop('api-1', 1);
    const policy = ['inspect', '--format', '{{.HostConfig.RestartPolicy.Name}}', `${projectOf(folder)}-api-1`];
    expect(await docker(policy)).toBe('unless-stopped');
    await runtime.start('api-1', 1);
    expect(await docker(policy)).toBe('always');
  } finally {
    await clear(folder);
    await rm(folder, { recursive: true, force: true });
  }
});
