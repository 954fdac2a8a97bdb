import { ExitCode, OnwardError, type TotalMoment } from '../model/index.ts';

export function totalsDiffer(moment: TotalMoment, problems: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.totals-differ',
    message: `Could not go on after ${moment}: ${problems.length === 1 ? 'a total is not what it must be' : `${problems.length} totals are not what they must be`}.`,
    hint: 'Run "onward verify" to read the totals again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
    detail: problems.join('\n'),
  });
}

export function totalsUnusable(problems: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.totals-unknown-before',
    message: `Could not start: ${problems.length === 1 ? 'a total' : `${problems.length} totals`} cannot be compared with what is there now, so what the upgrade does to it could not be told. Nothing has changed.`,
    hint: 'Run "onward upgrade" again once the reason is gone; the totals are declared by the vendor of the release.',
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: problems.join('\n'),
  });
}
