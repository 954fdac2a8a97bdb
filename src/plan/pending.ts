import type { MigrationRef, Release } from '../model/index.ts';

/**
 * What the databases lack, hop by hop: a release takes those that it lists and no earlier hop has taken, in the order in which they were
 * given. A release lists the migrations of all earlier ones too, so the same ones are looked up at every hop: by database, then by path,
 * because a key joined from both would have to be made for each of them.
 */
export function createPending(pending: readonly MigrationRef[]): (release: Release) => readonly MigrationRef[] {
  const waiting = new Map<string, Map<string, number>>();
  for (const [index, { database, path }] of pending.entries()) {
    const byPath = waiting.get(database) ?? new Map<string, number>();
    waiting.set(database, byPath.set(path, index));
  }
  return ({ migrations }) => {
    const taken: number[] = [];
    for (const { database, path } of migrations) {
      const index = waiting.get(database)?.get(path);
      if (index === undefined) continue;
      taken.push(index);
      waiting.get(database)?.delete(path);
    }
    return taken.sort((a, b) => a - b).flatMap((index) => pending[index] ?? []);
  };
}
