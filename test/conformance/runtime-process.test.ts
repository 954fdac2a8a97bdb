import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProcessRuntime, type InstanceSpec, type Runtime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { eventually } from '../support/eventually.ts';
import { aliveOf, askInstance, instanceOf, specOf, startsOf, stateOf } from '../support/instances.ts';
import { killSupervisor } from '../support/kill-supervisor.ts';
import { commandSpecOf, describeCommands, TOOL_ENVIRONMENT } from './command-suite.ts';
import { describeRuntime } from './runtime-suite.ts';

const system = createSystem({ environment: TOOL_ENVIRONMENT, onEvent: () => {} });
const programs = { supervisor: '', tool: '', folder: '' };

const open = async (folder: string) =>
  createProcessRuntime(system, { stateDirectory: folder, program: programs.supervisor });

describeRuntime({
  name: 'process',
  grace: { leastMs: 300, mostMs: 10_000 },
  runsIn: 'artifact',
  recallsCrash: true,
  open,
  specOf(folder, id, { environment, ...more } = {}) {
    const spec = specOf(folder, id, more);
    return { ...spec, environment: { ...spec.environment, ...environment } };
  },
  startsOf,
  familyOf: ({ pid = 0 }) => sessionOf(pid),
  aliveOf,
  kill: async ({ pid = 0 }) => void process.kill(pid, 'SIGKILL'),
  async isAnythingLeft(specs) {
    const pids = await Promise.all(specs.map((spec) => startsOf(spec)));
    return (await aliveOf(pids.flat())).length > 0;
  },
  clear: async () => {},
});

describeCommands({
  name: 'process',
  artifact: 'folder',
  system,
  open,
  specOf: commandSpecOf,
  options: (folder) => ({ stateDirectory: folder, program: '/nowhere' }),
  read: (folder, name) => readFile(join(folder, name), 'utf8').catch(() => ''),
  aliveOf,
  recorded: (folder) => readdir(join(folder, 'commands/api')).catch(() => []),
  clear: async () => {},
});

beforeAll(async () => {
  programs.folder = await mkdtemp(join(tmpdir(), 'onward-programs-'));
  programs.supervisor = await bundleProgram('src/deploy/runtimes/process/program.ts', programs.folder, 'supervisor');
  programs.tool = await bundleProgram('test/support/tool.ts', programs.folder, 'tool');
});

afterAll(() => rm(programs.folder, { recursive: true, force: true }));

describe('runtime process', () => {
  let folder: string;
  let runtime: Runtime;
  let created: InstanceSpec[];

  const create = async (...args: Parameters<typeof specOf> extends [string, ...infer Rest] ? Rest : never) => {
    const spec = specOf(folder, ...args);
    await runtime.create(spec, 1);
    created.push(spec);
    return spec;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-runtime-'));
    runtime = await open(folder);
    created = [];
  });

  afterEach(async () => {
    const pids = (await Promise.all(created.map((spec) => startsOf(spec)))).flat();
    for (const spec of created) await runtime.stop(spec.id, 1_000);
    const left = await aliveOf(pids);
    await rm(folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  it('gives an instance nothing of the tool but what every program needs', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { environment } = await askInstance(runtime, spec);
    expect(environment.HOST).toBe('127.0.0.1');
    const known = ['MARKS', 'PORT', 'HOST', 'PGAPPNAME', 'PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'PWD', 'SHLVL', '_'];
    expect(Object.keys(environment).filter((name) => !known.includes(name) && !name.startsWith('ONWARD_'))).toEqual([]);
  });

  it('ends every process of an instance that nobody watches', async () => {
    const spec = await create('api-1', { behaviour: ['family'], graceMs: 200 });
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    const family = await sessionOf(pid);
    expect(family.length).toBeGreaterThanOrEqual(3);
    await killSupervisor(folder, spec);
    await runtime.stop('api-1', 1);
    expect(await aliveOf(family)).toEqual([]);
    expect(await stateOf(runtime, spec)).toBe('stopped');
  });

  it('keeps an instance that was started by a tool which is killed', async () => {
    const spec = await create('api-1');
    await startFromTool(folder, 'api-1');
    const { pid } = await askInstance(runtime, spec);
    expect(await stateOf(runtime, spec)).toBe('running');
    process.kill(pid, 'SIGKILL');
    const restarted = await eventually(
      () => instanceOf(runtime, spec),
      (instance) => instance?.state === 'running' && instance.restarts === 1,
    );
    // How the process before it ended.
    expect(restarted?.exit).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect((await askInstance(runtime, spec)).pid).toBe(restarted?.pid);
  });

  it('keeps an instance whose watcher is killed, and watches it again on start', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    await killSupervisor(folder, spec);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'running', pid });
    await runtime.start('api-1', 1);
    expect((await askInstance(runtime, spec)).pid).toBe(pid);
    expect(await startsOf(spec)).toEqual([pid]);
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => instanceOf(runtime, spec),
      (instance) => instance?.state === 'running' && instance.restarts === 1,
    );
  });

  it('calls an instance lost when it ends while nobody watches it, and brings it back on start', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    await killSupervisor(folder, spec);
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => stateOf(runtime, spec),
      (state) => state === 'lost',
    );
    await runtime.start('api-1', 1);
    expect((await askInstance(runtime, spec)).pid).not.toBe(pid);
    expect(await startsOf(spec)).toHaveLength(2);
  });
});

/** Starts an instance from a tool that is killed right after. */
function startFromTool(stateDirectory: string, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [programs.tool, 'start', stateDirectory, programs.supervisor, id, '1'], (error) =>
      error?.signal === 'SIGKILL' ? resolve() : reject(error ?? new Error('The tool was not killed')),
    );
  });
}

async function sessionOf(leader: number): Promise<readonly number[]> {
  const { stdout } = await system.exec.run(['ps', '-eo', 'pid=,sid='], { timeoutMs: 5_000 });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([pid = 0, session]) => (session === leader ? [pid] : []));
}
