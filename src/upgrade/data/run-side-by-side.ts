import type { DataMigration, DeclaredDataMigration } from '../../model/index.ts';

/**
 * Carries data migrations out, `parallel` at once. None begins before one that stands before it and may not run beside it is complete. When
 * one fails, the others are stopped behind the batch that is under way, and the first failure is thrown.
 */
export async function runSideBySide(
  all: readonly DeclaredDataMigration[],
  options: {
    readonly parallel: number;
    readonly signal: AbortSignal;
    readonly complete: (one: DeclaredDataMigration, signal: AbortSignal) => Promise<void>;
  },
): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const left = new Set(all);
  const running = new Map<DeclaredDataMigration, Promise<void>>();
  while (left.size > 0 && !signal.aborted) {
    for (const one of chooseNext([...left], { running, parallel: options.parallel })) {
      const work = options.complete(one, signal).then(
        () => void left.delete(one),
        (error: unknown) => failure.abort(error),
      );
      running.set(
        one,
        work.finally(() => running.delete(one)),
      );
    }
    await Promise.race(running.values());
  }
  await Promise.all(running.values());
  // The first one that failed by itself, not one that was stopped because of it.
  options.signal.throwIfAborted();
  if (failure.signal.aborted) throw failure.signal.reason;
}

/** Those that may begin now, in their order; what runs is among `left`. */
function chooseNext(
  left: readonly DeclaredDataMigration[],
  { running, parallel }: { readonly running: ReadonlyMap<DeclaredDataMigration, unknown>; readonly parallel: number },
): readonly DeclaredDataMigration[] {
  return left
    .filter((one, index) => !running.has(one) && left.slice(0, index).every((before) => mayMeet(before, one)))
    .slice(0, Math.max(0, parallel - running.size));
}

/**
 * Whether one may run beside another that was declared before it: only those of the same release, which was made with that in mind, and
 * only on different tables. What a service's program touches, nobody can tell.
 */
export function mayMeet(before: DeclaredDataMigration, one: DeclaredDataMigration): boolean {
  if (before.release !== one.release) return false;
  if (before.declared.database !== one.declared.database) return true;
  const tables = touchedTables(before.declared);
  const own = touchedTables(one.declared);
  return tables !== undefined && own !== undefined && !own.some((table) => tables.includes(table));
}

/** Names without their schema: `customers` and `public.customers` may be the same. */
function touchedTables(declared: DataMigration): readonly string[] | undefined {
  if (declared.kind !== 'sql') return undefined;
  const { table, change } = declared;
  const named = change.kind === 'insert' ? [table, change.into] : [table];
  return named.map((name) => name.slice(name.lastIndexOf('.') + 1));
}
