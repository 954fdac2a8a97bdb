import type { RunOutcome } from '../model/index.ts';
import { restoreConfiguration } from './configuration/apply-revision.ts';
import type { RunContext } from './run-context.ts';
import { RUN_KEYS } from './run-state.ts';
import { mirrorRun } from './step-notes.ts';

export interface HopOutcome {
  readonly outcome: RunOutcome;
  /** Why it did not go through; `undefined` when it was committed, or parked by whoever started it. */
  readonly error?: unknown;
}

/** Writes the run's end: after it, the run is never taken up again. Where the old release goes on, its configuration files are as they were. */
export async function endRun(
  context: RunContext,
  outcome: Exclude<RunOutcome, 'unfinished'>,
  error?: unknown,
): Promise<HopOutcome> {
  if (outcome !== 'committed') await restoreConfiguration(context);
  const reason = error instanceof Error ? error.message : undefined;
  const data = { outcome, ...(reason === undefined ? {} : { reason }) };
  await context.journal.append({ step: 'end', key: RUN_KEYS.ended, kind: 'decision', data });
  await mirrorRun(context, { step: 'end', outcome });
  context.system.log.emit({ type: 'run.ended', run: context.journal.run, ...data });
  return { outcome, ...(error === undefined ? {} : { error }) };
}
