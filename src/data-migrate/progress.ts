import type { Clock, LogEvent } from '../system/index.ts';

const TELL_EVERY_MS = 500;
/** The rate is of the last half minute, waits included. */
const LOOKED_BACK = 60;

export interface Progress {
  add(batch: { readonly scanned: number; readonly changed: number; readonly isLast: boolean }): void;
}

/**
 * Tells how far a run is, twice a second at most: rows of this run, rows a second, and, when the size of the table is known, the share of it
 * that was gone through and the time that is left.
 */
export function createProgress(of: {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly id: string;
  readonly total: number | undefined;
  /** Rows that earlier runs went through since the first key. */
  readonly passed: number;
  readonly emit: (event: LogEvent) => void;
}): Progress {
  const { clock, id, total, passed, emit } = of;
  const told = [{ at: clock.monotonicMs(), scanned: 0 }];
  let scanned = 0;
  let changed = 0;
  return {
    add(batch) {
      scanned += batch.scanned;
      changed += batch.changed;
      const now = clock.monotonicMs();
      if (!batch.isLast && now - (told.at(-1)?.at ?? 0) < TELL_EVERY_MS) return;
      const [since = { at: 0, scanned: 0 }] = told;
      const rowsPerSecond = Math.round(((scanned - since.scanned) * 1_000) / Math.max(1, now - since.at));
      told.push({ at: now, scanned });
      if (told.length > LOOKED_BACK) told.shift();
      emit({
        type: 'data.progress',
        id,
        scanned,
        changed,
        rowsPerSecond,
        ...estimateLeft(total, passed + scanned, rowsPerSecond),
      });
    },
  };
}

/** Nothing when the size of the table is not known, or turns out to be larger than it was said to be. */
export function estimateLeft(
  total: number | undefined,
  passed: number,
  rowsPerSecond: number,
): { readonly share?: number; readonly etaMs?: number } {
  if (total === undefined || passed > total || total === 0) return {};
  const share = Math.floor((1_000 * passed) / total) / 1_000;
  return rowsPerSecond > 0 ? { share, etaMs: Math.round(((total - passed) * 1_000) / rowsPerSecond) } : { share };
}
