import { ExitCode, OnwardError } from '../../model/index.ts';

export function missingStatements(path: string): OnwardError {
  return new OnwardError({
    code: 'lint.no-statements-file',
    message: `Could not read the statements: there is no file ${path}.`,
    hint: 'Record them with "onward record", or name the right file.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
