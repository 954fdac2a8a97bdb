import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProcessRuntime, type InstanceSpec, type Runtime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { eventually } from '../support/eventually.ts';
import { aliveOf, askInstance, instanceOf, specOf, startsOf, stateOf } from '../support/instances.ts';
import { killSupervisor } from '../support/kill-supervisor.ts';

interface Member {
  readonly name: string;
  readonly create: (stateDirectory: string) => Runtime;
  /** Starts an instance from a tool that is killed right after. */
  readonly startFromTool: (stateDirectory: string, id: string) => Promise<void>;
  /** Ends what watches an instance with SIGKILL. */
  readonly killWatcher: (stateDirectory: string, spec: InstanceSpec) => Promise<void>;
}

const system = createSystem({ environment: process.env, onEvent: () => {} });
const programs = { supervisor: '', tool: '', folder: '' };

const members: readonly Member[] = [
  {
    name: 'process',
    create: (stateDirectory) => createProcessRuntime(system, { stateDirectory, program: programs.supervisor }),
    startFromTool: (stateDirectory, id) =>
      new Promise((resolve, reject) => {
        execFile(process.execPath, [programs.tool, 'start', stateDirectory, programs.supervisor, id, '1'], (error) =>
          error?.signal === 'SIGKILL' ? resolve() : reject(error ?? new Error('The tool was not killed')),
        );
      }),
    killWatcher: killSupervisor,
  },
];

beforeAll(async () => {
  programs.folder = await mkdtemp(join(tmpdir(), 'onward-programs-'));
  programs.supervisor = await bundleProgram('src/deploy/runtimes/process/program.ts', programs.folder, 'supervisor');
  programs.tool = await bundleProgram('test/support/tool.ts', programs.folder, 'tool');
});

afterAll(() => rm(programs.folder, { recursive: true, force: true }));

describe.each(members)('runtime $name', (member) => {
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
    runtime = member.create(folder);
    created = [];
  });

  afterEach(async () => {
    const pids = (await Promise.all(created.map((spec) => startsOf(spec)))).flat();
    for (const spec of created) await runtime.stop(spec.id, 1_000);
    const left = await aliveOf(pids);
    await rm(folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  it('creates without starting, starts, stops, starts again and forgets', async () => {
    const spec = await create('api-1');
    const { id, service, release, kind, identity, config, run } = spec;
    const said = { id, service, release, kind, identity, config, run, restarts: 0 };
    expect(await runtime.list('api')).toEqual([{ ...said, state: 'created' }]);
    expect(await startsOf(spec)).toEqual([]);
    await runtime.start('api-1', 1);
    const running = await instanceOf(runtime, spec);
    expect(running).toMatchObject({ ...said, state: 'running', address: { host: '127.0.0.1' } });
    const answer = await askInstance(runtime, spec);
    expect(answer.pid).toBe(running?.pid);
    await runtime.stop('api-1', 1);
    const stopped = await instanceOf(runtime, spec);
    expect(stopped).toMatchObject({ state: 'stopped', exit: { signal: 'SIGTERM' }, address: running?.address });
    expect(await aliveOf([answer.pid])).toEqual([]);
    await runtime.start('api-1', 1);
    const again = await askInstance(runtime, spec);
    expect(again.pid).not.toBe(answer.pid);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'running', address: running?.address });
    await runtime.stop('api-1', 1);
    await runtime.remove('api-1', 1);
    expect(await runtime.list('api')).toEqual([]);
    expect(await runtime.tail('api-1', 10)).toEqual([]);
  });

  it('does nothing more when an effect is repeated', async () => {
    const spec = await create('api-1');
    await runtime.create(spec, 1);
    await runtime.stop('api-1', 1);
    expect(await stateOf(runtime, spec)).toBe('created');
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    await runtime.start('api-1', 1);
    await runtime.create(spec, 1);
    expect(await startsOf(spec)).toHaveLength(1);
    await runtime.stop('api-1', 1);
    const exit = (await instanceOf(runtime, spec))?.exit;
    await runtime.stop('api-1', 1);
    expect((await instanceOf(runtime, spec))?.exit).toEqual(exit);
    await runtime.remove('api-1', 1);
    await runtime.remove('api-1', 1);
    await runtime.stop('api-1', 1);
  });

  it('refuses another specification under the same id, and an instance that was never created', async () => {
    const spec = await create('api-1');
    const other = { ...spec, environment: { ...spec.environment, COLOUR: 'green' } };
    await expect(runtime.create(other, 1)).rejects.toMatchObject({ code: 'runtime.other-spec' });
    await expect(runtime.create({ ...spec, service: 'web' }, 1)).rejects.toMatchObject({ code: 'runtime.other-spec' });
    await expect(runtime.start('api-2', 1)).rejects.toMatchObject({ code: 'runtime.no-instance' });
  });

  it('does not forget an instance that runs', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    await expect(runtime.remove('api-1', 1)).rejects.toMatchObject({ code: 'runtime.still-running' });
    expect(await stateOf(runtime, spec)).toBe('running');
  });

  it('gives an instance its artifact as folder, its own environment, and nothing of the tool but what every program needs', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { cwd, environment } = await askInstance(runtime, spec);
    expect(cwd).toBe(folder);
    expect(environment).toMatchObject({
      ...spec.environment,
      ...{ HOST: '127.0.0.1', ONWARD_SERVICE: 'api', ONWARD_RELEASE: '1.2.0', ONWARD_INSTANCE: 'api-1' },
      PGAPPNAME: 'api@1.2.0',
    });
    const known = ['MARKS', 'PORT', 'HOST', 'PGAPPNAME', 'PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'PWD', 'SHLVL', '_'];
    expect(Object.keys(environment).filter((name) => !known.includes(name) && !name.startsWith('ONWARD_'))).toEqual([]);
  });

  it('records how a one-shot ended and never starts it again by itself', async () => {
    const good = await create('migrate-1', { kind: 'one-shot', behaviour: ['exit', '0'] });
    const bad = await create('migrate-2', { kind: 'one-shot', behaviour: ['exit', '7'] });
    await Promise.all([runtime.start('migrate-1', 1), runtime.start('migrate-2', 1)]);
    for (const [spec, code] of [[good, 0] as const, [bad, 7] as const]) {
      const ended = await eventually(
        () => instanceOf(runtime, spec),
        (instance) => instance?.state === 'stopped',
      );
      expect(ended).toMatchObject({ exit: { code, signal: null }, restarts: 0 });
      expect(await startsOf(spec)).toHaveLength(1);
    }
  });

  it('starts a service again that ends, whatever its exit code, and counts', async () => {
    const crashing = await create('api-1', { behaviour: ['exit', '3'] });
    const clean = await create('api-2', { behaviour: ['exit', '0'] });
    await Promise.all([runtime.start('api-1', 1), runtime.start('api-2', 1)]);
    for (const spec of [crashing, clean]) {
      await eventually(
        () => instanceOf(runtime, spec),
        (instance) => (instance?.restarts ?? 0) >= 2,
      );
      expect((await startsOf(spec)).length).toBeGreaterThanOrEqual(2);
      await runtime.stop(spec.id, 1);
      const starts = await startsOf(spec);
      expect(await stateOf(runtime, spec)).toBe('stopped');
      expect(await aliveOf(starts)).toEqual([]);
    }
  });

  it('kills a service that ignores SIGTERM once its grace period is over', async () => {
    const spec = await create('api-1', { behaviour: ['stubborn'], graceMs: 300 });
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    const startMs = performance.now();
    await runtime.stop('api-1', 1);
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(300);
    expect(tookMs).toBeLessThan(3_000);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'stopped', exit: { signal: 'SIGKILL' } });
    expect(await runtime.tail('api-1', 1)).toEqual(['no']);
  });

  it.each(['with', 'without'] as const)('ends every process of an instance %s what watches it', async (which) => {
    const spec = await create('api-1', { behaviour: ['family'], graceMs: 200 });
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    const family = await sessionOf(pid);
    expect(family.length).toBeGreaterThanOrEqual(3);
    if (which === 'without') await member.killWatcher(folder, spec);
    await runtime.stop('api-1', 1);
    expect(await aliveOf(family)).toEqual([]);
    expect(await stateOf(runtime, spec)).toBe('stopped');
  });

  it('keeps an instance that was started by a tool which is killed', async () => {
    const spec = await create('api-1');
    await member.startFromTool(folder, 'api-1');
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
    await member.killWatcher(folder, spec);
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
    await member.killWatcher(folder, spec);
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => stateOf(runtime, spec),
      (state) => state === 'lost',
    );
    await runtime.start('api-1', 1);
    expect((await askInstance(runtime, spec)).pid).not.toBe(pid);
    expect(await startsOf(spec)).toHaveLength(2);
  });

  it('refuses every effect of an epoch that is lower than one it has seen', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 5);
    const refusal = { code: 'deploy.fenced' };
    await expect(runtime.create(specOf(folder, 'api-2'), 4)).rejects.toMatchObject(refusal);
    await expect(runtime.start('api-1', 4)).rejects.toMatchObject(refusal);
    await expect(runtime.stop('api-1', 4)).rejects.toMatchObject(refusal);
    await expect(runtime.remove('api-1', 4)).rejects.toMatchObject(refusal);
    expect(await runtime.list('api')).toHaveLength(1);
    expect(await stateOf(runtime, spec)).toBe('running');
  });

  it('tells the last lines that an instance wrote', async () => {
    const spec = await create('migrate-1', { kind: 'one-shot', behaviour: ['exit', '1'] });
    await runtime.start('migrate-1', 1);
    await eventually(
      () => stateOf(runtime, spec),
      (state) => state === 'stopped',
    );
    expect(await runtime.tail('migrate-1', 5)).toEqual(['about to end', 'with a word on standard error']);
    expect(await runtime.tail('migrate-1', 1)).toEqual(['with a word on standard error']);
  });
});

async function sessionOf(leader: number): Promise<readonly number[]> {
  const { stdout } = await system.exec.run(['ps', '-eo', 'pid=,sid='], { timeoutMs: 5_000 });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([pid = 0, session]) => (session === leader ? [pid] : []));
}
