import { ExitCode, OnwardError } from '../model/index.ts';

/** Something that is done beside the runs was wanted in the middle of one. */
export function runUnfinished({ run, command }: { readonly run: string; readonly command?: string }): OnwardError {
  return new OnwardError({
    code: 'upgrade.run-unfinished',
    message: `Could not begin: run ${run} has not ended. Nothing has changed.`,
    hint:
      command === undefined
        ? 'Run "onward upgrade" to go on with it, or "onward rollback" to go back.'
        : `Run "${command}" to go on with it.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
