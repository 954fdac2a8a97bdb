import { ExitCode, OnwardError } from '../../model/index.ts';

function refusal(options: { readonly code: string; readonly message: string; readonly hint: string }): OnwardError {
  return new OnwardError({ ...options, state: 'unchanged', exit: ExitCode.usage });
}

export function unknownRisk(
  risk: string,
  { names, meant }: { readonly names: readonly string[]; readonly meant: string | undefined },
): OnwardError {
  const there = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`;
  return refusal({
    code: 'upgrade.unknown-risk',
    message: `Could not accept "${risk}": neither the catalog nor a gate of the plan knows such a risk (${there}).`,
    hint: meant === undefined ? 'Run "onward plan" to see what stands in the way.' : `Did you mean ${meant}?`,
  });
}

export function shortReason(risk: string, words: number): OnwardError {
  return refusal({
    code: 'upgrade.short-reason',
    message: `Could not accept "${risk}": whoever reads the record needs a reason of ${words} words at least.`,
    hint: `Run "onward accept ${risk} --reason ..." with the reason in full.`,
  });
}

export function endIsPast(risk: string): OnwardError {
  return refusal({
    code: 'upgrade.end-is-past',
    message: `Could not accept "${risk}": by the clock of the control database, the end is past already.`,
    hint: 'Name a later end with --until, or none.',
  });
}

export function notAccepted(risk: string, meant: string | undefined): OnwardError {
  return refusal({
    code: 'upgrade.not-accepted',
    message: `Could not withdraw the acceptance of "${risk}": there is none that counts.`,
    hint: meant === undefined ? 'Run "onward accept --list" to see them.' : `Did you mean ${meant}?`,
  });
}
