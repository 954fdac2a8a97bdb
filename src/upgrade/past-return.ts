import type { JournalRecord, Release } from '../model/index.ts';

/**
 * True once postdeploy has begun in a release whose old artifacts cannot come back behind it. A file that was begun and has no result may be
 * applied, so it counts.
 */
export function isPastReturn(run: {
  readonly release: Release;
  readonly journal: { readonly records: readonly JournalRecord[] };
}): boolean {
  const hasBegun = run.journal.records.some((record) => record.step === 'postdeploy' && record.kind === 'intent');
  return run.release.rollback.until === 'roll' && hasBegun;
}
