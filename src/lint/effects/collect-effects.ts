import { LOCK_MODES, type LockMode } from '../../sql/index.ts';
import type { Effects } from './effects.ts';

/** Gathers what the parts of a statement do; the strongest lock of a relation counts. */
export interface EffectCollector {
  lock(relation: string, mode: LockMode): void;
  /** The table is also read, and `hasIndexes` says whether there are indexes to build again. */
  rewrite(table: string, hasIndexes: 'yes' | 'no'): void;
  /** The table is also read. */
  buildIndex(table: string): void;
  scan(table: string): void;
  unknown(why: string): void;
  add(effects: Effects): void;
  effects(): Effects;
}

/** Locks below this one are what plain reads and writes of rows take. */
const WEAKEST = LOCK_MODES.indexOf('ShareUpdateExclusiveLock');

export function createEffectCollector(): EffectCollector {
  const locks = new Map<string, number>();
  const rewrites = new Set<string>();
  const indexBuilds = new Set<string>();
  const scans = new Set<string>();
  const unknown = new Set<string>();
  const lock: EffectCollector['lock'] = (relation, mode) => {
    const strength = LOCK_MODES.indexOf(mode);
    if (strength >= WEAKEST) locks.set(relation, Math.max(strength, locks.get(relation) ?? 0));
  };
  return {
    lock,
    rewrite(table, hasIndexes) {
      rewrites.add(table);
      scans.add(table);
      if (hasIndexes === 'yes') indexBuilds.add(table);
    },
    buildIndex(table) {
      indexBuilds.add(table);
      scans.add(table);
    },
    scan: (table) => void scans.add(table),
    unknown: (why) => void unknown.add(why),
    add(effects) {
      for (const { relation, mode } of effects.locks) lock(relation, mode);
      for (const table of effects.rewrites) rewrites.add(table);
      for (const table of effects.indexBuilds) indexBuilds.add(table);
      for (const table of effects.scans) scans.add(table);
      for (const why of effects.unknown) unknown.add(why);
    },
    effects: () => ({
      locks: [...locks].map(([relation, strength]) => ({
        relation,
        mode: LOCK_MODES[strength] ?? 'AccessExclusiveLock',
      })),
      rewrites: [...rewrites],
      indexBuilds: [...indexBuilds],
      scans: [...scans],
      unknown: [...unknown],
    }),
  };
}
