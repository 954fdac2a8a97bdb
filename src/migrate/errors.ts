import { ExitCode, type Finding, formatDuration, OnwardError, renderFinding } from '../model/index.ts';
import { quoteName } from '../sql/index.ts';
import { PostgresError, type Session } from '../system/index.ts';
import type { Blocker } from './blockers.ts';
import { describeBlocker } from './blockers.ts';
import type { Comparison } from './compare-with-ledger.ts';
import { LEDGER_SCHEMA_VERSION } from './ledger-schema.ts';

/** What a run has left behind when it stops: whether earlier files of it are in the database decides. */
export interface Progress {
  readonly filesApplied: number;
}

export function unusableMigrations(folder: string, findings: readonly Finding[]): OnwardError {
  const problems = findings.filter(({ severity }) => severity === 'error');
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new OnwardError({
    code: 'migrate.unusable-files',
    message: `Could not apply the migrations in ${folder}: they have ${count}, and none was applied.`,
    hint: 'Mend the files, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
    findings,
    detail: problems.map(renderFinding).join('\n'),
  });
}

export function drifted(database: string, comparison: Comparison): OnwardError {
  const lines = comparison.drift.map(({ kind, row, file }) =>
    kind === 'edited'
      ? `${file?.path ?? row.path}: was edited after it was applied (${row.release}, ${row.finishedAt})`
      : `${row.path}: was applied (${row.release}, ${row.finishedAt}), but there is no such file`,
  );
  return new OnwardError({
    code: 'migrate.drift',
    message: `Could not apply migrations to database ${database}: ${lines.length === 1 ? 'a file is' : `${lines.length} files are`} not what was applied.`,
    hint: 'Bring back the files as they were released, and make the change in a new file.',
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: lines.join('\n'),
  });
}

export function lateFiles(database: string, late: Comparison['late']): OnwardError {
  const lines = late.map(({ file, behind }) => `${file.path}: sorts before ${behind.path}, which is applied`);
  return new OnwardError({
    code: 'migrate.late',
    message: `Could not apply migrations to database ${database}: ${late.map(({ file }) => file.path).join(', ')} came too late.`,
    hint: 'Give the file a number behind the last one, or declare it as late in the release.',
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: lines.join('\n'),
  });
}

export function newerLedger(version: number): OnwardError {
  return new OnwardError({
    code: 'migrate.newer-ledger',
    message: `Could not use the ledger: it has version ${version}, and this Onward knows versions up to ${LEDGER_SCHEMA_VERSION}.`,
    hint: 'Use the newer Onward that wrote it.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function ledgerBusy(limitMs: number): OnwardError {
  return new OnwardError({
    code: 'migrate.ledger-busy',
    message: `Could not create the ledger: another session has been creating it for ${formatDuration(limitMs)}.`,
    hint: 'Find the session with "select * from pg_stat_activity" and end it, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

/** Finds out which right the role lacks, and says how to give it. */
export async function missingRight(
  session: Session,
  error: PostgresError,
  to: 'read' | 'create',
): Promise<OnwardError> {
  const { rows } = await session.query<{ role: string; database: string; has_schema: boolean }>(
    `select current_user as role, pg_catalog.current_database() as database,
            exists (select from pg_catalog.pg_namespace where nspname = 'onward') as has_schema`,
  );
  const role = quoteName(rows[0]?.role ?? '');
  const database = quoteName(rows[0]?.database ?? '');
  const [right, grant] =
    to === 'read'
      ? [
          'USAGE on schema onward and SELECT on its tables',
          `GRANT USAGE ON SCHEMA onward TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA onward TO ${role};`,
        ]
      : rows[0]?.has_schema
        ? ['CREATE on schema onward', `GRANT USAGE, CREATE ON SCHEMA onward TO ${role};`]
        : [`CREATE on database ${database}`, `GRANT CREATE ON DATABASE ${database} TO ${role};`];
  return new OnwardError({
    code: 'migrate.missing-right',
    message: `Could not ${to} the ledger: role ${role} lacks the right ${right}.`,
    hint: `Run as the owner of the database: ${grant}`,
    state: 'unchanged',
    exit: ExitCode.findings,
    cause: error,
  });
}

export function pooledConnection(reason: string): OnwardError {
  return new OnwardError({
    code: 'migrate.pooled-connection',
    message: `Could not use this connection for migrations: it goes through a pooler that shares server sessions (${reason}).`,
    hint: "Connect to the server itself, past PgBouncer: its own host and port, usually 5432, in the database's url.",
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function runnerBusy(holder: string, waitedMs: number): OnwardError {
  return new OnwardError({
    code: 'migrate.runner-busy',
    message: `Could not start: another run has held the migration lock of this database for the ${formatDuration(waitedMs)} that this one waited (${holder}).`,
    hint: 'Wait until it is done, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function fencedOut(deployment: string, epoch: number, progress: Progress): OnwardError {
  return new OnwardError({
    code: 'migrate.fenced',
    message: `Could not go on with migrations: epoch ${epoch} of deployment ${deployment} is stale, another run has taken over.`,
    hint: 'Run "onward status" to see what the other run does.',
    state: progress.filesApplied === 0 ? 'unchanged' : 'resumable',
    exit: ExitCode.leaseLost,
  });
}

/** Two ledgers say different things of the same migration. */
export function recordedOtherwise(database: string, paths: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'migrate.recorded-otherwise',
    message: `Could not record ${paths.join(', ')} in database ${database}: Onward's ledger has ${paths.length === 1 ? 'it' : 'them'} already, with another content.`,
    hint: 'Bring back the file as it was applied; "onward migrate status" shows which one differs.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

/** The server ended the session, or the way to it broke; what it was at may or may not have been finished. */
export function isConnectionLoss(error: unknown): boolean {
  return error instanceof PostgresError && (error.code.startsWith('08') || SESSION_ENDED.has(error.code));
}

/** Shutdown, crash of another session, not up yet, dropped database, idle in a transaction for too long. */
const SESSION_ENDED = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '25P03']);

export function connectionLost(
  path: string,
  progress: Progress & { readonly isAllOnDisk: boolean },
  isTransactional: boolean,
): OnwardError {
  const rest = isTransactional
    ? 'its transaction is in the database as a whole or not at all'
    : 'the statements that were finished are recorded';
  const caveat = progress.filesApplied > 0 && !progress.isAllOnDisk ? ', unless the server itself has crashed' : '';
  return new OnwardError({
    code: 'migrate.connection-lost',
    message: `Could not finish ${path}: the connection to the server was lost; ${rest}${describeProgress(progress)}${caveat}.`,
    hint: 'Run the same command again: it goes on from what the ledger says.',
    state: 'resumable',
    exit: ExitCode.paused,
  });
}

/** Nobody let go in time; the transaction was rolled back. */
export function lockNotObtained(options: {
  readonly place: string;
  readonly waitedMs: number;
  readonly blockers: readonly Blocker[];
  readonly progress: Progress;
  readonly detail: string;
}): OnwardError {
  const { place, waitedMs, blockers, progress } = options;
  const who = blockers.length === 0 ? 'sessions that could not be seen' : blockers.map(describeBlocker).join('; ');
  return new OnwardError({
    code: 'migrate.lock-not-obtained',
    message: `Could not run ${place}: for ${formatDuration(waitedMs)} there was no moment to take its lock without stalling the application; in the way: ${who}. The schema is unchanged by this file${describeProgress(progress)}.`,
    hint: 'End or wait for what is in the way, then run the same command again.',
    state: progress.filesApplied === 0 ? 'unchanged' : 'resumable',
    exit: progress.filesApplied === 0 ? ExitCode.findings : ExitCode.paused,
    detail: options.detail,
  });
}

/** The file works under a lock for longer than others may be kept waiting. */
export function lockHeldTooLong(options: {
  readonly place: string;
  readonly budgetMs: number;
  readonly attempts: number;
  readonly progress: Progress;
  readonly detail: string;
}): OnwardError {
  const { place, budgetMs, attempts, progress } = options;
  return new OnwardError({
    code: 'migrate.lock-held-too-long',
    message: `Could not run ${place}: under its lock the file takes longer than the application may wait (${formatDuration(budgetMs)}); it was taken back ${attempts === 1 ? 'once' : `${attempts} times`}. The schema is unchanged by this file${describeProgress(progress)}.`,
    hint: 'Change the file so that the work is done without the lock (CONCURRENTLY, NOT VALID and VALIDATE, a data migration), or run it while the application is quiet.',
    state: progress.filesApplied === 0 ? 'unchanged' : 'resumable',
    exit: progress.filesApplied === 0 ? ExitCode.findings : ExitCode.needsOperator,
    detail: options.detail,
  });
}

/** `; 2 files before it are applied`, or nothing. */
export function describeProgress({ filesApplied }: Progress): string {
  if (filesApplied === 0) return '';
  return filesApplied === 1 ? '; the file before it is applied' : `; the ${filesApplied} files before it are applied`;
}

/** An index of that name does its work, but it is another one. */
export function indexDiffers(place: string, index: string, detail: string): OnwardError {
  return new OnwardError({
    code: 'migrate.index-differs',
    message: `Could not run ${place}: there is an index ${index} already, and it is defined differently.`,
    hint: `Compare the two definitions; drop or rename ${index} if it is not needed, then run the same command again.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    detail,
  });
}

/** The server could not say what the wanted definition comes to, so it cannot be told whether the index that is there is the one. */
export function indexNotComparable(place: string, error: PostgresError, database: string): OnwardError {
  const lacksTemporary = error.code === '42501';
  return new OnwardError({
    code: 'migrate.index-not-comparable',
    message: `Could not run ${place}: there is an index of that name already, and its definition could not be compared: ${error.message} (${error.code}).`,
    hint: lacksTemporary
      ? `Run as the owner of the database: GRANT TEMPORARY ON DATABASE ${database} TO the role that migrates; then run the same command again.`
      : 'Look at the index that is there; drop it if it is not needed, then run the same command again.',
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    cause: error,
  });
}

/** The server refused something that Onward itself asked for between the statements of a file. */
export function serverRefused(path: string, error: PostgresError, progress: Progress): OnwardError {
  return new OnwardError({
    code: 'migrate.server-refused',
    message: `Could not finish ${path}: ${error.message} (${error.code})${describeProgress(progress)}.`,
    hint: 'See what the server refused, then run the same command again: it goes on from what the ledger says.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause: error,
  });
}

/** A statement that cannot be in a transaction was interrupted, and nothing in the database tells whether it was finished. */
export function unsureStatement(place: string, migration: string, ordinal: number, detail: string): OnwardError {
  const row = `migration = '${migration}' and ordinal = ${ordinal}`;
  return new OnwardError({
    code: 'migrate.unsure-statement',
    message: `Could not go on at ${place}: this statement was interrupted by an earlier run, and it may or may not have had its effect.`,
    hint:
      `Look at the database. If it had its effect: UPDATE onward.migration_statement SET state = 'done' WHERE ${row}; ` +
      `to run it again: DELETE FROM onward.migration_statement WHERE ${row}; then run the same command again.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    detail,
  });
}

/** The file was changed between the run that began it and this one. */
export function editedUnfinished(place: string, ordinal: number, detail: string): OnwardError {
  return new OnwardError({
    code: 'migrate.edited-unfinished',
    message: `Could not go on at ${place}: statement ${ordinal} of the file was run before, but it read differently then.`,
    hint: 'Bring back the file as it was when it was begun, then run the same command again.',
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    detail,
  });
}
