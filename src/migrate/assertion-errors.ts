import { ExitCode, formatDuration, OnwardError } from '../model/index.ts';
import type { PostgresError } from '../system/index.ts';
import type { FileAssertion } from './assertions.ts';
import { describeProgress, type Progress } from './errors.ts';

interface Place {
  readonly path: string;
  readonly progress: Progress;
}

/** The number under the lock is not zero. */
export function assertionFails(
  { name, hint }: FileAssertion,
  { path, progress, count }: Place & { readonly count: number },
): OnwardError {
  const found = Number.isFinite(count) ? `counts ${count} under its lock, which must be 0` : 'gives no number';
  return new OnwardError({
    code: 'migrate.assertion-fails',
    message: `Could not apply ${path}: the verification of ${name} ${found}. Nothing of the file is in the database${describeProgress(progress)}.`,
    hint,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

/** The question takes longer than the application may wait for its answer. */
export function assertionTooSlow(
  { name, table }: FileAssertion,
  { path, progress, budgetMs }: Place & { readonly budgetMs: number },
): OnwardError {
  return new OnwardError({
    code: 'migrate.assertion-too-slow',
    message: `Could not apply ${path}: the verification of ${name} takes longer under the lock than the application may wait (${formatDuration(budgetMs)}). Nothing of the file is in the database${describeProgress(progress)}.`,
    hint: `Create an index on ${table} that answers the verification at once, such as a partial one on the rows in the old shape (CREATE INDEX CONCURRENTLY … WHERE …), then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function assertionRefused(
  { name }: FileAssertion,
  { path, progress, error }: Place & { readonly error: PostgresError },
): OnwardError {
  return new OnwardError({
    code: 'migrate.assertion-refused',
    message: `Could not apply ${path}: the server refused the verification of ${name} with "${error.message}" (${error.code}). Nothing of the file is in the database${describeProgress(progress)}.`,
    hint: 'Correct the verification in a new release, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    cause: error,
  });
}

/** Statements that stand outside of a transaction cannot be held back by what is seen under a lock. */
export function assertionOutside(path: string, assertions: readonly FileAssertion[], progress: Progress): OnwardError {
  const names = assertions.map(({ name }) => name).join(', ');
  return new OnwardError({
    code: 'migrate.assertion-outside',
    message: `Could not apply ${path}: it runs without a transaction, so ${names} cannot be verified under its lock. Nothing of the file is in the database${describeProgress(progress)}.`,
    hint: 'Move what locks the table into a file that runs in a transaction, in a new release.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
