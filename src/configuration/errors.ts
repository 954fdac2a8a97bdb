import { ExitCode, OnwardError } from '../model/index.ts';

export function changedMeanwhile(path: string): OnwardError {
  return new OnwardError({
    code: 'configuration.changed-meanwhile',
    message: `Could not write ${path}: it has changed since it was read, and was left as it is.`,
    hint: 'Run the same command again: it reads the file anew.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function missingRevision(name: string, path: string): OnwardError {
  return new OnwardError({
    code: 'configuration.missing-revision',
    message: `Could not read the revision of ${name} in ${path}: it is gone, or somebody has changed it. What runs goes on running.`,
    hint: 'Run "onward rollback", then "onward upgrade", which keeps a new revision.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}
