import {
  describeMigrationCheck,
  ExitCode,
  formatDuration,
  type MigrationCommand,
  OnwardError,
} from '../../model/index.ts';

/** How a command came to its end, for those who have to mend it. */
export interface CommandFailure {
  readonly declared: MigrationCommand;
  readonly release: string;
  /** What serves, or does not, in a sentence. */
  readonly serving: string;
  /** The command that goes on. */
  readonly again: string;
  /** Its check holds all the same: the next run takes it for done. */
  readonly holds: boolean;
  readonly output: string;
  readonly last: readonly string[];
}

export function commandFailed(failure: CommandFailure, why: string): OnwardError {
  return refuse(failure, 'upgrade.migration-command-failed', why);
}

export function commandTimedOut(failure: CommandFailure): OnwardError {
  const why = `it did not end within ${formatDuration(failure.declared.timeoutMs)}, and was ended`;
  return refuse(failure, 'upgrade.migration-command-timeout', why);
}

export function commandNotBelieved(failure: CommandFailure, evidence: string): OnwardError {
  const wanted = describeMigrationCheck(failure.declared.check);
  const why = `it exited with 0, and what must be so then is not: ${wanted}, it says; ${evidence}`;
  return refuse(failure, 'upgrade.migration-command-not-believed', why);
}

function refuse(failure: CommandFailure, code: string, why: string): OnwardError {
  const { declared, release, serving, again, holds, output, last } = failure;
  const changed = holds
    ? 'Its check holds all the same, so the next run takes it for done.'
    : 'The schema may be changed in part by it.';
  const repeated = holds ? '' : '; it is then run again, unless its check holds';
  return new OnwardError({
    code,
    message: `Could not finish migration command ${declared.name} of ${release}: ${why}. ${changed} ${serving}`,
    hint: `Read ${output} and mend what it says, then run "${again}"${repeated}.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(last.length > 0 ? { detail: last.join('\n') } : {}),
  });
}
