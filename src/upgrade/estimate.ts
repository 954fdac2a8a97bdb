import type { JournalRecord } from '../model/index.ts';

/** How long steps took, in milliseconds, by step, over the runs of these journals. */
export function collectStepDurations(
  journals: readonly (readonly JournalRecord[])[],
): ReadonlyMap<string, readonly number[]> {
  const durations = new Map<string, number[]>();
  for (const records of journals) {
    const begun = new Map<string, number>();
    for (const { key, step, t } of records) {
      if (key === 'step.started') begun.set(step, Date.parse(t));
      const startedAt = begun.get(step);
      if (key !== 'step.finished' || startedAt === undefined) continue;
      durations.set(step, [...(durations.get(step) ?? []), Date.parse(t) - startedAt]);
    }
  }
  return durations;
}

/**
 * Milliseconds that a run still needs, from the medians of earlier runs: what is left of the steps under way and all of those to
 * come; rolls go side by side, so the longest counts. `undefined` when a step that is left was never seen before.
 */
export function estimateRemaining(
  steps: readonly string[],
  records: readonly JournalRecord[],
  seen: { readonly durations: ReadonlyMap<string, readonly number[]>; readonly nowMs: number },
): number | undefined {
  let sequential = 0;
  let longestRoll = 0;
  for (const step of steps) {
    if (records.some((record) => record.step === step && record.key === 'step.finished')) continue;
    const expected = median(seen.durations.get(step) ?? []);
    if (expected === undefined) return undefined;
    const startedAt = records.findLast((record) => record.step === step && record.key === 'step.started')?.t;
    const left = Math.max(0, expected - (startedAt === undefined ? 0 : seen.nowMs - Date.parse(startedAt)));
    if (step.startsWith('roll:')) longestRoll = Math.max(longestRoll, left);
    else sequential += left;
  }
  return sequential + longestRoll;
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
