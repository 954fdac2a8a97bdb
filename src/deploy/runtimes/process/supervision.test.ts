import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../../test/support/bundle-program.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { aliveOf, askInstance, instanceOf, specOf, startsOf, stateOf } from '../../../../test/support/instances.ts';
import { killSupervisor } from '../../../../test/support/kill-supervisor.ts';
import { createSystem } from '../../../system/index.ts';
import { createFenceFile } from '../../fence-file.ts';
import type { InstanceSpec, Runtime } from '../runtime.ts';
import { createProcessRuntime } from './process-runtime.ts';

const events: object[] = [];
const system = createSystem({ environment: process.env, onEvent: (event) => events.push(event) });
let programs: string;
let program: string;
let folder: string;
let runtime: Runtime;
let created: InstanceSpec[];

const create = async (id: string, more: Parameters<typeof specOf>[2] = {}) => {
  const spec = specOf(folder, id, more);
  await runtime.create(spec, 1);
  created.push(spec);
  return spec;
};
const instanceFolder = (spec: InstanceSpec) => join(folder, 'instances', spec.service, spec.id);

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'onward-programs-'));
  program = await bundleProgram('test/support/crashing-supervisor.ts', programs);
});

afterAll(() => rm(programs, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-supervision-'));
  runtime = createProcessRuntime(system, { stateDirectory: folder, program });
  created = [];
});

afterEach(async () => {
  const pids = (await Promise.all(created.map((spec) => startsOf(spec)))).flat();
  for (const spec of created) await runtime.stop(spec.id, 1_000).catch(() => {});
  const left = await aliveOf(pids);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

describe('start()', () => {
  it.each(['service', 'one-shot'] as const)(
    'starts a %s once when it is called several times at once',
    async (kind) => {
      const spec = await create('api-1', { kind, behaviour: kind === 'service' ? ['serve'] : ['exit', '0'] });
      const another = createProcessRuntime(system, { stateDirectory: folder, program });
      await Promise.all([runtime, another, runtime, another].map((each) => each.start('api-1', 1)));
      await eventually(
        () => startsOf(spec),
        (starts) => starts.length > 0,
      );
      expect(await stateOf(runtime, spec)).toMatch(/running|stopped/);
      expect(await startsOf(spec)).toHaveLength(1);
    },
  );

  it.each([1, 2, 3].flatMap((number) => [[number, 'before'] as const, [number, 'after'] as const]))(
    'runs one process although its supervisor is killed at durable write %i, %s it',
    async (number, moment) => {
      const spec = await create('api-1');
      await writeFile(join(folder, 'crash-at'), `${number} ${moment}`);
      await runtime.start('api-1', 1).catch((error: { code?: string }) => {
        expect(error.code).toBe('runtime.not-started');
      });
      await rm(join(folder, 'crash-at'));
      await runtime.start('api-1', 1);
      const { pid } = await askInstance(runtime, spec);
      expect(await startsOf(spec)).toEqual([pid]);
      expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'running', pid });
    },
  );

  it('does nothing when the epoch was raised before its supervisor came', async () => {
    const spec = await create('api-1');
    await createFenceFile(system.files, folder).raise(7);
    const argv = [process.execPath, program, instanceFolder(spec), '1', '1'];
    const { exitCode, stderr } = await system.exec.run(argv, { timeoutMs: 10_000 });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('epoch 1 is stale');
    expect(await readdir(instanceFolder(spec))).toEqual(['spec.json']);
  });

  it('does nothing when the epoch was raised while its supervisor was about to let the program run', async () => {
    const spec = await create('api-1');
    await writeFile(join(folder, 'crash-at'), '2 raise');
    await expect(runtime.start('api-1', 1)).rejects.toMatchObject({ code: 'deploy.fenced' });
    expect(await startsOf(spec)).toEqual([]);
    expect(await stateOf(runtime, spec)).toBe('created');
  });

  it.each([1, 2, 3])('leaves nothing running when durable write %i of its supervisor fails', async (number) => {
    const spec = await create('api-1');
    await writeFile(join(folder, 'crash-at'), `${number} fail`);
    await expect(runtime.start('api-1', 1)).rejects.toMatchObject({
      code: 'runtime.not-started',
      detail: expect.stringContaining('no space left'),
    });
    expect(await stateOf(runtime, spec)).toBe('created');
    expect(await aliveOf(await startsOf(spec))).toEqual([]);
    await rm(join(folder, 'crash-at'));
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
  });

  it('says at once that the program or the artifact is not there', async () => {
    await create('api-1', { command: ['bin/server'] });
    await create('api-2', { artifact: join(folder, 'nowhere') });
    await create('api-3', { command: ['../server'] });
    await expect(runtime.start('api-1', 1)).rejects.toMatchObject({ code: 'runtime.no-program' });
    await expect(runtime.start('api-2', 1)).rejects.toMatchObject({ code: 'runtime.no-program' });
    await expect(runtime.start('api-3', 1)).rejects.toMatchObject({ code: 'runtime.program-outside' });
  });

  it('takes another port when the earlier one has been taken meanwhile', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    await runtime.stop('api-1', 1);
    const port = (await instanceOf(runtime, spec))?.address?.port;
    const thief = createServer();
    await new Promise<void>((resolve) => thief.listen(port, '127.0.0.1', resolve));
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    thief.close();
    expect((await instanceOf(runtime, spec))?.address?.port).not.toBe(port);
  });

  it('works in a state directory whose path is too long for a socket', async () => {
    const deep = join(folder, 'x'.repeat(120));
    const long = createProcessRuntime(system, { stateDirectory: deep, program });
    const spec = specOf(folder, 'api-1');
    await long.create(spec, 1);
    await long.start('api-1', 1);
    const { pid } = await askInstance(long, spec);
    await long.stop('api-1', 1);
    expect(await instanceOf(long, spec)).toMatchObject({ state: 'stopped', exit: { signal: 'SIGTERM' } });
    expect(await aliveOf([pid])).toEqual([]);
  });
});

describe('stop()', () => {
  it('ends an instance that waits for its next start', async () => {
    const spec = await create('api-1', { behaviour: ['exit', '1'] });
    await runtime.start('api-1', 1);
    await eventually(
      () => stateOf(runtime, spec),
      (state) => state === 'waiting',
    );
    await runtime.stop('api-1', 1);
    const starts = await startsOf(spec);
    expect(await stateOf(runtime, spec)).toBe('stopped');
    expect(await aliveOf(starts)).toEqual([]);
  });

  it('works without a supervisor, also several times at once', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    await killSupervisor(folder, spec);
    await Promise.all([runtime.stop('api-1', 1), runtime.stop('api-1', 1)]);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'stopped', exit: { code: null, signal: null } });
  });

  it('does not wait for a supervisor that hangs', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    process.kill(await supervisorOf(spec), 'SIGSTOP');
    await runtime.stop('api-1', 1);
    expect(await stateOf(runtime, spec)).toBe('stopped');
    expect(await aliveOf([pid])).toEqual([]);
  });

  it('leaves nothing that a supervisor would bring back', async () => {
    const spec = await create('api-1', { graceMs: 10_000, behaviour: ['stubborn'] });
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    const stopping = runtime.stop('api-1', 1);
    await eventually(
      () => runtime.tail('api-1', 1),
      ([line]) => line === 'no',
    );
    await killSupervisor(folder, spec);
    process.kill(pid, 'SIGKILL');
    await stopping;
    expect(await startsOf(spec)).toEqual([pid]);
    expect(await stateOf(runtime, spec)).toBe('stopped');
  });
});

describe('an id', () => {
  it.each(['../api/api-1', 'api-1/', '', '.'])('that is %j names no instance', async (id) => {
    await create('api-1');
    await expect(runtime.start(id, 1)).rejects.toMatchObject({ code: 'runtime.no-instance' });
    await runtime.remove(id, 1);
    expect(await runtime.list('api')).toHaveLength(1);
    expect(await runtime.tail(id, 1)).toEqual([]);
  });

  it('is refused at creation when it could not be the name of a folder', async () => {
    await expect(runtime.create(specOf(folder, '../api-2'), 1)).rejects.toMatchObject({
      code: 'runtime.unusable-spec',
    });
    await expect(runtime.create(specOf(folder, 'api-2', { service: '..' }), 1)).rejects.toMatchObject({
      code: 'runtime.unusable-spec',
    });
    expect(await readdir(folder)).toEqual(['epochs']);
  });
});

describe('list()', () => {
  it('lists an instance whose files are broken as unknown, says so, and lists the others', async () => {
    const broken = await create('api-1');
    const spec = await create('api-2');
    await writeFile(join(instanceFolder(broken), 'spec.json'), '{"schema":"onward/instance-spec/v2"}');
    expect(await runtime.list('api')).toMatchObject([
      { id: 'api-1', service: 'api', state: 'unknown' },
      { id: 'api-2', state: 'created' },
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'runtime.unreadable-instance', id: 'api-1' }));
    await expect(runtime.start('api-1', 1)).rejects.toMatchObject({ code: 'runtime.unreadable-instance' });
    created = [spec];
  });

  it.each([
    ['another boot', { boot: 'of-yesterday' }, 'lost'],
    ['another pid namespace', { namespace: 'pid:[1]' }, 'unknown'],
  ])('tells an instance of %s', async (_title, change, state) => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    await killSupervisor(folder, spec);
    const path = join(instanceFolder(spec), 'state.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as { child: object };
    await writeFile(path, JSON.stringify({ ...record, child: { ...record.child, ...change } }));
    expect(await stateOf(runtime, spec)).toBe(state);
    if (state === 'unknown') {
      await expect(runtime.stop('api-1', 1)).rejects.toMatchObject({ code: 'runtime.out-of-reach' });
      await expect(runtime.start('api-1', 1)).rejects.toMatchObject({ code: 'runtime.out-of-reach' });
      await expect(runtime.remove('api-1', 1)).rejects.toMatchObject({ code: 'runtime.out-of-reach' });
    }
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => aliveOf([pid]),
      (alive) => alive.length === 0,
    );
  });

  it('keeps every file to its owner', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    const names = await readdir(instanceFolder(spec));
    expect(names).toEqual(
      expect.arrayContaining(['claim.1', 'control.sock', 'output.log', 'spec.json', 'state.json', 'supervisor.log']),
    );
    for (const name of names) expect([name, await modeOf(join(instanceFolder(spec), name))]).toEqual([name, 0o600]);
    expect(await modeOf(instanceFolder(spec))).toBe(0o700);
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

async function supervisorOf(spec: InstanceSpec): Promise<number> {
  const name = (await readdir(instanceFolder(spec))).find((each) => each.startsWith('claim.'));
  const claim = JSON.parse(await readFile(join(instanceFolder(spec), name ?? ''), 'utf8')) as {
    holder: { pid: number };
  };
  return claim.holder.pid;
}
