import { ExitCode, OnwardError } from '../model/index.ts';
import {
  createLocator,
  offsetOfCharacter,
  type PostgresError,
  renderCodeFrame,
  type SqlStatement,
} from '../system/index.ts';
import { describeProgress, type Progress } from './errors.ts';
import type { MigrationFile } from './migration-file.ts';

/** Where a statement stands, as `path:line`. */
export function describePlace(file: MigrationFile, statement: SqlStatement): string {
  return `${file.path}:${statement.line}`;
}

/** The lines of a statement's beginning, marked. */
export function renderStatement(file: MigrationFile, statement: SqlStatement): string {
  return renderCodeFrame(file.text, createLocator(file.text)(statement.startOffset));
}

/** The server refused a statement. `kept` says what of the file stays in the database. */
export function statementFailed(
  error: PostgresError,
  at: {
    readonly file: MigrationFile;
    readonly statement: SqlStatement | undefined;
    /** Characters that were sent in one message before the statement; the server counts them. */
    readonly sentBefore?: number;
  },
  outcome: { readonly progress: Progress; readonly kept: string; readonly isResumable: boolean },
): OnwardError {
  const { file, statement, sentBefore = 0 } = at;
  // Errors of execution have no position: then the statement itself is the place.
  const offset =
    statement === undefined
      ? 0
      : statement.startOffset +
        (error.position === undefined ? 0 : offsetOfCharacter(statement.text, error.position - 1 - sentBefore));
  const place = createLocator(file.text)(offset);
  const where = statement === undefined ? file.path : `${file.path}:${place.line}:${place.column}`;
  const isUnchanged = outcome.progress.filesApplied === 0 && !outcome.isResumable;
  return new OnwardError({
    code: 'migrate.statement-failed',
    message: `Could not run ${where}: ${error.message} (${error.code}). ${outcome.kept}${describeProgress(outcome.progress)}.`,
    hint: `Mend ${file.path}, or what it found in the database, then run the same command again.`,
    state: isUnchanged ? 'unchanged' : 'resumable',
    exit: isUnchanged ? ExitCode.findings : ExitCode.needsOperator,
    detail: [
      ...(statement === undefined ? ['The server refused the file as a whole, at its COMMIT.'] : []),
      ...(statement === undefined ? [] : [renderCodeFrame(file.text, place)]),
      ...(error.detail === undefined ? [] : [`detail: ${error.detail}`]),
      ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
      ...(error.where === undefined ? [] : [`where: ${error.where}`]),
    ].join('\n'),
    cause: error,
  });
}
