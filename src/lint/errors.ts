import { ExitCode, OnwardError } from '../model/index.ts';

export function unreadableBaseline(file: string, says: string): OnwardError {
  return new OnwardError({
    code: 'lint.unreadable-baseline',
    message: `Could not read the baseline ${file}: ${says}.`,
    hint: 'Name an SQL file, such as "pg_dump --schema-only" writes, or the URL of a database.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
