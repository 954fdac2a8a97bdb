/**
 * What every runtime does alike: `describeRuntime(member)`. A member brings instances of workload.mjs, which leave a mark in a file each time they
 * start; what is its own, such as what watches its instances, it tests beside this.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instance, InstanceSpec, Runtime } from '../../src/deploy/index.ts';
import { eventually } from '../support/eventually.ts';
import { askInstance, instanceOf, stateOf } from '../support/instances.ts';

export interface RuntimeMember {
  readonly name: string;
  /** From SIGTERM to SIGKILL, at least and at most, of an instance whose specification says 300 ms. */
  readonly grace: { readonly leastMs: number; readonly mostMs: number };
  /** Where an instance runs: in the folder that is its artifact, or wherever its image says. */
  readonly runsIn: 'artifact' | 'image';
  /** Whether it still says of a process that was started again how the one before ended. */
  readonly recallsCrash: boolean;
  /** A runtime whose state is in a folder, empty the first time; once more, as another tool has it. */
  open(folder: string): Promise<Runtime>;
  /** The specification of an instance that runs the workload with this behaviour, and marks its starts. */
  specOf(
    folder: string,
    id: string,
    more?: Partial<InstanceSpec> & { readonly behaviour?: readonly string[] },
  ): InstanceSpec;
  /** The processes that ever ran the program of an instance, in order, by their marks. */
  startsOf(spec: InstanceSpec): Promise<readonly number[]>;
  /** All processes of an instance that runs, those which its program has started included. */
  familyOf(instance: Instance): Promise<readonly number[]>;
  /** Which of these processes are alive; a zombie is not. */
  aliveOf(pids: readonly number[]): Promise<readonly number[]>;
  /** SIGKILL to the process of an instance. */
  kill(instance: Instance): Promise<void>;
  /** Whether anything of these instances still runs. */
  isAnythingLeft(specs: readonly InstanceSpec[]): Promise<boolean>;
  /** Forgets whatever is left of one test. */
  clear(folder: string): Promise<void>;
}

export function describeRuntime(member: RuntimeMember): void {
  describe(`runtime ${member.name}, as all of them`, () => {
    let folder: string;
    let runtime: Runtime;
    let created: InstanceSpec[];

    const create = async (id: string, more: Parameters<RuntimeMember['specOf']>[2] = {}) => {
      const spec = member.specOf(folder, id, more);
      await runtime.create(spec, 1);
      created.push(spec);
      return spec;
    };

    /** Once its program has started what it starts: it has two more then. */
    const familyOf = async (spec: InstanceSpec) => {
      const instance = await instanceOf(runtime, spec);
      if (!instance) throw new Error(`There is no instance ${spec.id}`);
      const pids = await eventually(
        () => member.familyOf(instance),
        (family) => family.length >= 3,
      );
      return { instance, pids };
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'onward-runtime-'));
      runtime = await member.open(folder);
      created = [];
    });

    afterEach(async () => {
      await Promise.all(created.map(({ id }) => runtime.stop(id, 1_000)));
      const isLeft = await member.isAnythingLeft(created);
      await member.clear(folder);
      await rm(folder, { recursive: true, force: true });
      expect(isLeft).toBe(false);
    });

    it('creates without starting, starts, stops, starts again and forgets', async () => {
      const spec = await create('api-1');
      const { id, service, release, kind, identity, config, run } = spec;
      const said = { id, service, release, kind, identity, config, run, restarts: 0 };
      expect(await runtime.list('api')).toEqual([expect.objectContaining({ ...said, state: 'created' })]);
      expect(await member.startsOf(spec)).toEqual([]);
      await runtime.start('api-1', 1);
      await askInstance(runtime, spec);
      expect(await instanceOf(runtime, spec)).toMatchObject({ ...said, state: 'running' });
      await runtime.stop('api-1', 1);
      expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'stopped', exit: { signal: 'SIGTERM' } });
      await runtime.start('api-1', 1);
      await askInstance(runtime, spec);
      expect(await member.startsOf(spec)).toHaveLength(2);
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
      const other = await member.open(folder);
      await Promise.all([runtime.start('api-1', 1), other.start('api-1', 1)]);
      await other.create(spec, 1);
      expect(await member.startsOf(spec)).toHaveLength(1);
      await runtime.stop('api-1', 1);
      const exit = (await instanceOf(runtime, spec))?.exit;
      await runtime.stop('api-1', 1);
      expect((await instanceOf(runtime, spec))?.exit).toEqual(exit);
      await runtime.remove('api-1', 1);
      await runtime.remove('api-1', 1);
      await runtime.stop('api-1', 1);
    });

    it('has several instances of one sort, each by its id, and forgets one of them alone', async () => {
      const specs = await Promise.all(['api-1', 'api-2'].map((id) => create(id)));
      for (const { id } of specs) await runtime.start(id, 1);
      await Promise.all(specs.map((spec) => askInstance(runtime, spec)));
      await runtime.stop('api-1', 1);
      await runtime.remove('api-1', 1);
      expect((await runtime.list('api')).map(({ id, state }) => `${id} ${state}`)).toEqual(['api-2 running']);
    });

    it('refuses another specification under the same id, and an instance that was never created', async () => {
      const spec = await create('api-1');
      const other = { ...spec, environment: { ...spec.environment, COLOUR: 'green' } };
      for (const tool of [runtime, await member.open(folder)])
        await expect(tool.create(other, 1)).rejects.toMatchObject({ code: 'runtime.other-spec' });
      await expect(runtime.create({ ...spec, service: 'web' }, 1)).rejects.toMatchObject({
        code: 'runtime.other-spec',
      });
      await expect(runtime.start('api-2', 1)).rejects.toMatchObject({ code: 'runtime.no-instance' });
    });

    it('does not forget an instance that runs', async () => {
      const spec = await create('api-1');
      await runtime.start('api-1', 1);
      await expect(runtime.remove('api-1', 1)).rejects.toMatchObject({ code: 'runtime.still-running' });
      expect(await stateOf(runtime, spec)).toBe('running');
    });

    it('gives an instance its place and its environment as it is', async () => {
      const odd = { DOLLAR: `$HOME $${'{HOME}'} $$`, QUOTED: `"a" 'b' \\n`, LINES: 'one\ntwo', EMPTY: '' };
      const spec = await create('api-1', { environment: odd });
      await runtime.start('api-1', 1);
      const { cwd, environment } = await askInstance(runtime, spec);
      if (member.runsIn === 'artifact') expect(cwd).toBe(spec.artifact);
      const { MARKS } = spec.environment;
      const own = { ONWARD_SERVICE: 'api', ONWARD_RELEASE: '1.2.0' };
      expect(environment).toMatchObject({ MARKS, ...odd, ...own });
    });

    it('records how a one-shot ended and never starts it again by itself', async () => {
      const good = await create('good-1', { kind: 'one-shot', behaviour: ['exit', '0'] });
      const bad = await create('bad-1', { kind: 'one-shot', behaviour: ['exit', '7'] });
      await Promise.all([runtime.start('good-1', 1), runtime.start('bad-1', 1)]);
      for (const [spec, code] of [[good, 0] as const, [bad, 7] as const]) {
        const ended = await eventually(
          () => instanceOf(runtime, spec),
          (instance) => instance?.state === 'stopped',
        );
        expect(ended).toMatchObject({ exit: { code, signal: null }, restarts: 0 });
        expect(await member.startsOf(spec)).toHaveLength(1);
      }
      // Which of two outputs was read first is not everywhere known.
      const tail = await runtime.tail('bad-1', 5);
      expect([...tail].sort()).toEqual(['about to end', 'with a word on standard error']);
      expect(await runtime.tail('bad-1', 1)).toEqual(tail.slice(-1));
    });

    it('starts a service again that ends, whatever its exit code, and counts', async () => {
      const crashing = await create('crashing-1', { behaviour: ['exit', '3'] });
      const clean = await create('clean-1', { behaviour: ['exit', '0'] });
      await Promise.all([runtime.start('crashing-1', 1), runtime.start('clean-1', 1)]);
      for (const spec of [crashing, clean]) {
        await eventually(
          () => instanceOf(runtime, spec),
          (instance) => (instance?.restarts ?? 0) >= 2,
        );
        expect((await member.startsOf(spec)).length).toBeGreaterThanOrEqual(2);
        await runtime.stop(spec.id, 1);
        expect(await stateOf(runtime, spec)).toBe('stopped');
        const { length } = await member.startsOf(spec);
        expect(await member.isAnythingLeft([spec])).toBe(false);
        expect(await member.startsOf(spec)).toHaveLength(length);
      }
    });

    it('starts an instance again that is killed, with all that its program has started, and ends that too', async () => {
      const spec = await create('api-1', { behaviour: ['family'], graceMs: 300 });
      await runtime.start('api-1', 1);
      await askInstance(runtime, spec);
      const before = await familyOf(spec);
      await member.kill(before.instance);
      const again = await eventually(
        () => instanceOf(runtime, spec),
        (instance) => instance?.state === 'running' && instance.restarts === 1,
      );
      if (member.recallsCrash) expect(again?.exit).toMatchObject({ code: null, signal: 'SIGKILL' });
      await askInstance(runtime, spec);
      expect(await member.startsOf(spec)).toHaveLength(2);
      const after = await familyOf(spec);
      expect(after.instance.pid).not.toBe(before.instance.pid);
      await runtime.stop('api-1', 1);
      expect(await member.aliveOf([...before.pids, ...after.pids])).toEqual([]);
      expect(await stateOf(runtime, spec)).toBe('stopped');
    });

    it('kills a service that ignores SIGTERM once its grace period is over', async () => {
      const spec = await create('api-1', { behaviour: ['stubborn'], graceMs: 300 });
      await runtime.start('api-1', 1);
      await askInstance(runtime, spec);
      const startMs = performance.now();
      await runtime.stop('api-1', 1);
      const tookMs = performance.now() - startMs;
      expect(tookMs).toBeGreaterThanOrEqual(member.grace.leastMs);
      expect(tookMs).toBeLessThan(member.grace.mostMs);
      expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'stopped', exit: { signal: 'SIGKILL' } });
      expect(await runtime.tail('api-1', 1)).toEqual(['no']);
    });

    it('refuses every effect of an epoch that is lower than one it has seen, whoever comes with it', async () => {
      const spec = await create('api-1');
      await runtime.start('api-1', 5);
      const refusal = { code: 'deploy.fenced' };
      const stale = await member.open(folder);
      await expect(stale.create(member.specOf(folder, 'other-1'), 4)).rejects.toMatchObject(refusal);
      await expect(stale.start('api-1', 4)).rejects.toMatchObject(refusal);
      await expect(stale.stop('api-1', 4)).rejects.toMatchObject(refusal);
      await expect(stale.remove('api-1', 4)).rejects.toMatchObject(refusal);
      expect(await runtime.list('api')).toHaveLength(1);
      expect(await stateOf(runtime, spec)).toBe('running');
    });
  });
}
