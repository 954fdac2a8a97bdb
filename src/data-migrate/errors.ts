import { type DataMigration, ExitCode, OnwardError, type SqlDataMigration } from '../model/index.ts';
import { quoteName } from '../sql/index.ts';
import { PostgresError } from '../system/index.ts';
import { dualWriteName } from './dual-write/render.ts';

/** The declaration cannot be what the vendor meant; nothing was changed by it. */
export function wrongDeclaration({ id }: SqlDataMigration, problem: string): OnwardError {
  return new OnwardError({
    code: 'data-migrate.wrong-declaration',
    message: `Could not run data migration ${id}: ${problem}. Nothing has changed.`,
    hint: 'Ask the vendor for a release that declares it right.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function noKey({ id, table, key }: SqlDataMigration): OnwardError {
  return new OnwardError({
    code: 'data-migrate.no-key',
    message: `Could not run data migration ${id}: ${table} has no valid unique index on exactly (${key.join(', ')}) whose columns are all not null. Nothing has changed.`,
    hint: `Name the columns of the primary key of ${table} in the release.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function noTable({ id, table, database }: SqlDataMigration): OnwardError {
  return new OnwardError({
    code: 'data-migrate.no-table',
    message: `Could not run data migration ${id}: database ${database} has no table ${table}. Nothing has changed.`,
    hint: 'Run "onward migrate" first: the expand phase may not be applied yet.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

/** Rows that are written in the old shape behind the cursor would be left out. */
export function noDualWrite(
  { id, table, database }: SqlDataMigration,
  state: 'absent' | 'other' | 'disabled',
): OnwardError {
  if (state === 'disabled') return dualWriteDisabled({ id, table });
  const what =
    state === 'absent'
      ? `${table} in database ${database} does not have the trigger that it declares`
      : `the trigger on ${table} in database ${database} is not the one that it declares`;
  return new OnwardError({
    code: 'data-migrate.no-dual-write',
    message: `Could not go on with data migration ${id}: ${what}, so rows may be written in the old shape alone. Every batch before is kept.`,
    hint: 'Run "onward migrate --phase expand", which installs it; while an upgrade is unfinished, "onward upgrade" does.',
    state: 'resumable',
    exit: ExitCode.findings,
  });
}

export function dualWriteDisabled({ id, table }: Pick<SqlDataMigration, 'id' | 'table'>): OnwardError {
  const name = quoteName(dualWriteName(id));
  return new OnwardError({
    code: 'data-migrate.dual-write-disabled',
    message: `Could not go on with data migration ${id}: somebody has disabled its trigger on ${table}, so rows may be written in the old shape alone.`,
    hint: `Find out why, then run "ALTER TABLE ${table} ENABLE TRIGGER ${name};" on the table, and on the partition where it was disabled.`,
    state: 'resumable',
    exit: ExitCode.findings,
  });
}

export function fencedOut(id: string, epoch: number): OnwardError {
  return new OnwardError({
    code: 'data-migrate.fenced',
    message: `Could not go on with data migration ${id}: epoch ${epoch} is stale, another run has taken over. Every batch before is kept.`,
    hint: 'Run "onward status" to see what the other run does.',
    state: 'resumable',
    exit: ExitCode.leaseLost,
  });
}

export function takenOver(id: string): OnwardError {
  return new OnwardError({
    code: 'data-migrate.taken-over',
    message: `Could not go on with data migration ${id}: another worker has taken it over. Every batch before is kept.`,
    hint: `Run "onward data-migrate status ${id}" to see how far it is.`,
    state: 'resumable',
    exit: ExitCode.leaseLost,
  });
}

/** Two at once on one table would wait for each other, and count each other's rows. */
export function tableBusy(id: string, table: string): OnwardError {
  return new OnwardError({
    code: 'data-migrate.table-busy',
    message: `Could not run data migration ${id}: another data migration is at work on ${table}. Nothing has changed.`,
    hint: 'Run "onward data-migrate list" to see which, and run this one when that one is complete.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function batchFailed(id: string, error: PostgresError): OnwardError {
  return new OnwardError({
    code: 'data-migrate.batch-failed',
    message: `Could not go on with data migration ${id}: the server refused a batch with "${error.message}" (${error.code}). The batch was rolled back; every batch before is kept.`,
    hint: `Mend the rows that it names, then run "onward data-migrate run ${id}": it goes on with that batch.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    cause: error,
  });
}

export function connectionLost(id: string, error: PostgresError): OnwardError {
  return new OnwardError({
    code: 'data-migrate.connection-lost',
    message: `Could not go on with data migration ${id}: the connection to its database was lost (${error.code}). Every batch before is kept.`,
    hint: `Run "onward data-migrate run ${id}" once the database answers: it goes on at its cursor.`,
    state: 'resumable',
    exit: ExitCode.paused,
    cause: error,
  });
}

/** The server ended the session, or the way to it broke. */
export function isConnectionLoss(error: unknown): error is PostgresError {
  return error instanceof PostgresError && /^(08|57P0)/.test(error.code);
}

export function verificationRefused(id: string, reason: string): OnwardError {
  return new OnwardError({
    code: 'data-migrate.verification-refused',
    message: `Could not verify data migration ${id}: ${reason}. It counts as not complete.`,
    hint: `Run "onward data-migrate verify ${id}" once that is mended.`,
    state: 'resumable',
    exit: ExitCode.findings,
  });
}

const MOST_NAMED = 10;

export function unknownPart(
  { id, scope }: Pick<DataMigration, 'id' | 'scope'>,
  wanted: { readonly kind: string; readonly value: string },
  known: readonly { readonly kind: string; readonly value: string }[],
): OnwardError {
  const names = known.slice(0, MOST_NAMED).map(({ kind, value }) => `${kind}=${value}`);
  const more = known.length > MOST_NAMED ? ` and ${known.length - MOST_NAMED} more` : '';
  const what = scope === undefined ? 'it declares no parts' : `there is ${names.join(', ') || 'none'}${more}`;
  return new OnwardError({
    code: 'data-migrate.unknown-part',
    message: `Could not run part ${wanted.kind}=${wanted.value} of data migration ${id}: ${what}. Nothing has changed.`,
    hint: `Run "onward data-migrate status ${id}" to see its parts, or leave --scope out to run all of them.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function notRunnable(id: string, status: 'paused' | 'cancelled'): OnwardError {
  return new OnwardError({
    code: 'data-migrate.not-runnable',
    message: `Could not run data migration ${id}: it is ${status}. Nothing has changed.`,
    hint: `Run "onward data-migrate resume ${id}" first.`,
    state: 'unchanged',
    exit: ExitCode.paused,
  });
}

export function completedAlready(id: string): OnwardError {
  return new OnwardError({
    code: 'data-migrate.completed-already',
    message: `Could not stop data migration ${id}: it is completed.`,
    hint: `Run "onward data-migrate verify ${id}" to count again what is left in the old shape.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
