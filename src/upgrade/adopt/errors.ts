import { ExitCode, type Finding, OnwardError, renderFinding } from '../../model/index.ts';

export function releaseDiffers(version: string, differences: readonly Finding[]): OnwardError {
  const count = differences.length === 1 ? 'there is a difference' : `there are ${differences.length} differences`;
  return new OnwardError({
    code: 'adopt.release-differs',
    message: `Could not record that ${version} runs: ${count}.`,
    hint: `Mend what is listed, or build the release from what runs, then run "onward adopt release ${version}" again.`,
    state: 'unchanged',
    exit: ExitCode.findings,
    findings: differences,
    detail: differences.map(renderFinding).join('\n'),
  });
}

export function otherRecorded(current: string, wanted: string): OnwardError {
  return new OnwardError({
    code: 'adopt.other-recorded',
    message:
      current === wanted
        ? `Could not record that ${wanted} runs: another content of that version is on record.`
        : `Could not record that ${wanted} runs: ${current} is on record as what this deployment runs.`,
    hint:
      current === wanted
        ? 'Run "onward doctor" to compare what runs with what is on record.'
        : `Run "onward plan --version ${wanted}" to go there from ${current}.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
