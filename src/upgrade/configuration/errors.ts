import { describeFinding, ExitCode, type Finding, OnwardError } from '../../model/index.ts';

export function configurationUnusable(release: string, findings: readonly Finding[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.configuration-unusable',
    message: `Could not configure ${release}: its configuration files have ${findings.length === 1 ? 'a problem' : `${findings.length} problems`}. No service was touched.`,
    hint: `Run "onward config check --version ${release}".`,
    state: 'unchanged',
    exit: ExitCode.findings,
    findings,
    detail: findings.map(describeFinding).join('\n'),
  });
}

export function configurationMoved(path: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.configuration-moved',
    message: `Could not go on: ${path} has changed since the plan was made. No service was touched.`,
    hint: 'Run "onward upgrade" again: it reads the file anew.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
