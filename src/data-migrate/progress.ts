import type { BatchEngine } from './batch-engine.ts';

const TELL_EVERY_MS = 500;

/** Tells how far a run is, twice a second at most: rows, rate over the run, and the time that is left when the size of the table is known. */
export function createProgress({
  system,
  declared,
  key,
  emit,
}: Pick<BatchEngine, 'system' | 'declared' | 'key' | 'emit'>): {
  add(batch: { readonly scanned: number; readonly changed: number; readonly isLast: boolean }): void;
} {
  const startedAt = system.clock.monotonicMs();
  let toldAt = startedAt;
  let scanned = 0;
  let changed = 0;
  return {
    add(batch) {
      scanned += batch.scanned;
      changed += batch.changed;
      const now = system.clock.monotonicMs();
      if (!batch.isLast && now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      const rowsPerSecond = Math.round((scanned * 1_000) / Math.max(1, now - startedAt));
      const left = key.estimatedRows === undefined ? undefined : Math.max(0, key.estimatedRows - scanned);
      const etaMs = left === undefined ? undefined : Math.round((left * 1_000) / Math.max(1, rowsPerSecond));
      emit({
        type: 'data.progress',
        id: declared.id,
        scanned,
        changed,
        rowsPerSecond,
        ...(etaMs === undefined ? {} : { etaMs }),
      });
    },
  };
}
