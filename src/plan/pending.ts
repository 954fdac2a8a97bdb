import type { MigrationRef } from '../model/index.ts';

/** What the databases lack. Each hop takes those of its files that no earlier hop has taken, in the order in which they were given. */
export function createPending(
  pending: readonly MigrationRef[],
): (files: readonly MigrationRef[]) => readonly MigrationRef[] {
  const waiting = new Map<string, Map<string, number>>();
  for (const [index, { database, path }] of pending.entries()) {
    const byPath = waiting.get(database) ?? new Map<string, number>();
    waiting.set(database, byPath.set(path, index));
  }
  return (files) => {
    const taken: number[] = [];
    for (const { database, path } of files) {
      const byPath = waiting.get(database);
      const index = byPath?.get(path);
      if (index === undefined) continue;
      taken.push(index);
      byPath?.delete(path);
    }
    return taken.sort((a, b) => a - b).flatMap((index) => pending[index] ?? []);
  };
}
