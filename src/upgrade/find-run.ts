import type { Facts, RunSummary } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { runElsewhere } from './errors.ts';
import type { Installation } from './installation.ts';
import { listRunsByEpoch, loadJournal } from './journal.ts';
import { observeUnfinishedMirrors } from './observe-control.ts';
import { type RunState, readRunState, summarizeRun } from './run-state.ts';

export interface FoundRun {
  readonly run: string;
  readonly state: RunState;
}

/** Every run whose journal is here, newest first. */
export async function listRuns(system: System, stateDirectory: string): Promise<readonly RunSummary[]> {
  const summaries: RunSummary[] = [];
  for (const run of await listRunsByEpoch(system, stateDirectory)) {
    const records = await loadJournal(system, stateDirectory, run);
    const summary = summarizeRun(run, records);
    if (summary) summaries.push(summary);
  }
  return summaries;
}

/** The run that has not ended, from its journal here; a journal without a whole first record is a run that never began. */
export async function findUnfinishedRun(system: System, stateDirectory: string): Promise<FoundRun | undefined> {
  const newest = await findNewestRun(system, stateDirectory);
  return newest?.state.outcome === 'unfinished' ? newest : undefined;
}

export async function findNewestRun(system: System, stateDirectory: string): Promise<FoundRun | undefined> {
  for (const run of await listRunsByEpoch(system, stateDirectory)) {
    const state = readRunState(await loadJournal(system, stateDirectory, run));
    if (state) return { run, state };
  }
  return undefined;
}

/**
 * Throws unless every unfinished run that the control database knows has its journal here, at least as long as the database says:
 * another machine's run, or an old copy of the state directory, must not be built upon.
 */
export async function assertNoRunElsewhere(system: System, installation: Installation): Promise<void> {
  for (const mirror of await observeUnfinishedMirrors(installation)) {
    const records = await loadJournal(system, installation.deployment.stateDirectory, mirror.run);
    if (records[mirror.seq - 1]?.hash !== mirror.hash) throw runElsewhere(mirror.run);
  }
}

/** An unfinished run as the gates see it, with the command that goes on with it. */
export function describeUnfinished({ run, state }: FoundRun): NonNullable<Facts['unfinished']> {
  const { from, to, kind } = state.start;
  return { run, from, to, ...(kind === 'contract' ? { command: 'onward contract' } : {}) };
}
