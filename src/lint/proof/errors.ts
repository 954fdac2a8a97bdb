import { ExitCode, OnwardError } from '../../model/index.ts';
import type { PostgresError } from '../../system/index.ts';

const DUMP = 'pg_dump --schema-only';

export function missingSchema(path: string): OnwardError {
  return new OnwardError({
    code: 'lint.no-schema',
    message: `Could not read the schema ${path}: there is no SQL file of that name, nor a folder that holds some.`,
    hint: `Write one with "${DUMP}", or name a scratch database as postgres://…`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unreadableSchema(
  place: string,
  problem: { readonly message: string; readonly help: string },
): OnwardError {
  return new OnwardError({
    code: 'lint.unreadable-schema',
    message: `Could not read the schema at ${place}: ${problem.message}.`,
    hint: problem.help,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function dataInSchema(place: string): OnwardError {
  return new OnwardError({
    code: 'lint.schema-holds-data',
    message: `Could not use the schema at ${place}: a COPY loads rows there, and the proof makes rows of its own.`,
    hint: `Write it again with "${DUMP}".`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unusableSchema(
  place: string,
  { error, frame }: { readonly error: PostgresError; readonly frame: string },
): OnwardError {
  const isMissing = error.message.includes('extension control file') || error.message.includes('is not available');
  return new OnwardError({
    code: 'lint.schema-fails',
    message: `Could not make the schema: the statement at ${place} is refused with "${error.message}" (${error.code}).`,
    hint: isMissing
      ? 'Name a scratch server that has the extension with --on.'
      : 'Mend the schema, or choose the version of the server that it is for with --server.',
    state: 'unchanged',
    exit: ExitCode.usage,
    detail: frame,
    cause: error,
  });
}
