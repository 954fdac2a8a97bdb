import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeclaredDataMigration, SqlDataMigration } from '../../model/index.ts';
import { mayMeet, runSideBySide } from './run-side-by-side.ts';

const never = new AbortController().signal;

function declare(
  id: string,
  table: string,
  more: { readonly release?: string; readonly into?: string } = {},
): DeclaredDataMigration {
  const { release = '1.1.0', into } = more;
  const change: SqlDataMigration['change'] =
    into === undefined
      ? { kind: 'update', set: 'a = 1' }
      : { kind: 'insert', into, columns: ['a'], select: 'select a from batch' };
  const base = {
    key: ['id'],
    where: 'a is null',
    verify: 'select 0',
    before: 'postdeploy',
    batch: { rows: 1, targetMs: 1 },
  };
  return { release, declared: { kind: 'sql', id, database: 'core', table, change, ...base } };
}

const service: DeclaredDataMigration = {
  release: '1.1.0',
  declared: {
    kind: 'service',
    id: 'by-service',
    database: 'core',
    service: 'api',
    before: 'postdeploy',
    stalledAfterMs: 1,
  },
};

/** Carries them out in an order that the seed decides; what was seen on the way. */
async function observe(
  all: readonly DeclaredDataMigration[],
  { parallel, pick }: { parallel: number; pick: (most: number) => number },
) {
  const begun: DeclaredDataMigration[] = [];
  const completed = new Set<DeclaredDataMigration>();
  const waiting: { readonly one: DeclaredDataMigration; readonly end: () => void }[] = [];
  let most = 0;
  const problems: string[] = [];
  const running = runSideBySide(all, {
    parallel,
    signal: never,
    complete: (one) => {
      for (const before of all.slice(0, all.indexOf(one)))
        if (!completed.has(before) && !mayMeet(before, one))
          problems.push(`${one.declared.id} beside ${before.declared.id}`);
      begun.push(one);
      return new Promise((resolve) => {
        waiting.push({ one, end: resolve });
        most = Math.max(most, waiting.length);
      });
    },
  });
  let ended = false;
  void running.then(() => {
    ended = true;
  });
  while (!ended) {
    const [next] = waiting.splice(pick(waiting.length), 1);
    if (next) completed.add(next.one);
    next?.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await running;
  return { begun, most, problems };
}

describe('runSideBySide()', () => {
  it('carries each out once, never more at once than told, and none beside one that it may not meet', async () => {
    const anyDeclared = fc
      .record({
        table: fc.constantFrom('a', 'b', 'public.a', 'c', 'd'),
        into: fc.option(fc.constantFrom('a', 'e'), { nil: undefined }),
        release: fc.constantFrom('1.1.0', '1.2.0'),
      })
      .map(({ table, into, release }) => declare('one', table, { release, ...(into === undefined ? {} : { into }) }));
    const anyAll = fc.array(
      fc.oneof({ weight: 5, arbitrary: anyDeclared }, { weight: 1, arbitrary: fc.constant(service) }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(
        anyAll,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(100)),
        async (found, parallel, seed) => {
          const all = found.map((one, index) => ({ ...one, declared: { ...one.declared, id: `m${index}` } }));
          const seen = await observe(all, { parallel, pick: (most) => seed.next().value % Math.max(1, most) });
          expect(seen.problems).toEqual([]);
          expect(seen.most).toBeLessThanOrEqual(parallel);
          expect(new Set(seen.begun)).toEqual(new Set(all));
          expect(seen.begun).toHaveLength(all.length);
        },
      ),
    );
  });

  it('runs as many at once as there are tables', async () => {
    const all = [declare('1', 'a'), declare('2', 'a'), declare('3', 'b'), declare('4', 'c')];
    expect((await observe(all, { parallel: 4, pick: () => 0 })).most).toBe(3);
    expect((await observe(all, { parallel: 2, pick: () => 0 })).most).toBe(2);
  });

  it('stops the others when one fails, begins no more, and throws the first failure', async () => {
    const begun: string[] = [];
    const stopped: string[] = [];
    const failing = runSideBySide([declare('1', 'a'), declare('2', 'b'), declare('3', 'c')], {
      parallel: 2,
      signal: never,
      complete: async ({ declared: { id } }, signal) => {
        begun.push(id);
        if (id === '2') throw new Error('the second failed');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        stopped.push(id);
        signal.throwIfAborted();
      },
    });
    await expect(failing).rejects.toThrow('the second failed');
    expect(begun).toEqual(['1', '2']);
    expect(stopped).toEqual(['1']);
  });

  it('throws the reason of the signal, and begins none behind it', async () => {
    const stop = new AbortController();
    const begun: string[] = [];
    const running = runSideBySide([declare('1', 'a'), declare('2', 'b')], {
      parallel: 1,
      signal: stop.signal,
      complete: async ({ declared: { id } }, signal) => {
        begun.push(id);
        stop.abort(new Error('asked to stop'));
        signal.throwIfAborted();
      },
    });
    await expect(running).rejects.toThrow('asked to stop');
    expect(begun).toEqual(['1']);
  });
});

describe('mayMeet()', () => {
  it('lets two of one release meet on different tables alone', () => {
    expect(mayMeet(declare('1', 'a'), declare('2', 'b'))).toBe(true);
    expect(mayMeet(declare('1', 'a'), declare('2', 'public.a'))).toBe(false);
    expect(mayMeet(declare('1', 'a', { into: 'b' }), declare('2', 'b'))).toBe(false);
    expect(mayMeet(declare('1', 'b'), declare('2', 'a', { into: 'audit.b' }))).toBe(false);
    expect(mayMeet(declare('1', 'a'), declare('2', 'b', { release: '1.2.0' }))).toBe(false);
    expect(mayMeet(service, declare('2', 'b'))).toBe(false);
    expect(mayMeet(declare('1', 'b'), service)).toBe(false);
  });
});
