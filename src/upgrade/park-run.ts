import type { HopOutcome } from './end-run.ts';
import type { RunContext } from './run-context.ts';
import { RUN_KEYS } from './run-state.ts';
import { mirrorRun } from './step-notes.ts';

/** Leaves a run where everything up to a step is done; `command`: what takes it up again, where that is not `onward upgrade`. */
export async function parkRun(
  context: RunContext,
  { after, command }: { readonly after: string; readonly command?: string },
): Promise<HopOutcome> {
  const { journal, system } = context;
  await journal.append({ step: after, key: RUN_KEYS.parked, kind: 'decision', data: { after } });
  await mirrorRun(context, { step: after, outcome: 'unfinished' });
  system.log.emit({ type: 'run.parked', run: journal.run, step: after, ...(command === undefined ? {} : { command }) });
  return { outcome: 'unfinished' };
}
