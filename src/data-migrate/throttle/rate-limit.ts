import type { Clock } from '../../system/index.ts';

/** Rows in a second, of everybody that shares it. */
export interface RateLimit {
  /** Rows of the largest batch: what a twentieth of a second has room for, so that the load is even. */
  readonly mostRows: number;
  /** Milliseconds until the next batch may begin. */
  waitMs(): number;
  note(rows: number): void;
}

/** Lets rows through evenly: a batch is paid for by a pause behind it, and what was not used is not saved up. */
export function createRateLimit(clock: Pick<Clock, 'monotonicMs'>, rowsPerSecond: number | undefined): RateLimit {
  if (rowsPerSecond === undefined) return { mostRows: Number.POSITIVE_INFINITY, waitMs: () => 0, note: () => {} };
  let freeAtMs = clock.monotonicMs();
  return {
    mostRows: Math.max(1, Math.floor(rowsPerSecond / 20)),
    waitMs: () => Math.max(0, freeAtMs - clock.monotonicMs()),
    note(rows) {
      freeAtMs = Math.max(freeAtMs, clock.monotonicMs()) + (rows * 1_000) / rowsPerSecond;
    },
  };
}
