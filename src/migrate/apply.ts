import { isVersion, type MigrationPhase } from '../model/index.ts';
import { leavesSessionAlone } from '../sql/index.ts';
import { type ConnectionTarget, loadSqlParser, PostgresError, type Session, type System } from '../system/index.ts';
import { applyStepwise } from './apply-stepwise.ts';
import { applyTransaction } from './apply-transaction.ts';
import { assertionOutside } from './assertion-errors.ts';
import { createGuard, type FileAssertion, type Guard } from './assertions.ts';
import type { Measured } from './attempt.ts';
import type { Comparison } from './compare-with-ledger.ts';
import { APPLICATION_NAME } from './connections.ts';
import { makeDurable, waitsForDisk } from './durability.ts';
import type { Engine } from './engine.ts';
import { connectionLost, drifted, isConnectionLoss, lateFiles, serverRefused } from './errors.ts';
import { statementsToRun } from './inspect-text.ts';
import { type Ledger, loadLedger, renderLedgerInsert, renderLedgerStalls } from './ledger.ts';
import { type MigrationFile, migrationId } from './migration-file.ts';
import { compareFiles } from './observe.ts';
import { type EngineOptions, withEngine } from './open-engine.ts';
import { loadStatements } from './parsed-files.ts';
import { planStatements } from './statement-class.ts';

export interface ApplyOptions extends EngineOptions {
  readonly database: string;
  /** All known files; those of other databases are left out. They are compared even when they are not to be applied. */
  readonly files: readonly MigrationFile[];
  readonly phases: readonly MigrationPhase[];
  /** What the ledger says these files were applied by. Files of newer versions are left alone, when it is a version. */
  readonly release: string;
  /** Stops at this version, which is not newer than the release. */
  readonly upTo?: string;
  /** Awaited before and after each file; where a caller journals intent and result. With `afterFile` each file is on disk by then. */
  readonly beforeFile?: (file: MigrationFile) => Promise<void>;
  readonly afterFile?: (file: MigrationFile) => Promise<void>;
  /** What must be so under the locks of the files that touch the tables it is about; see `FileAssertion`. */
  readonly assertions?: readonly FileAssertion[];
  /** Decides and compares, but changes nothing. */
  readonly dryRun?: boolean;
}

export interface AppliedMigration {
  readonly file: MigrationFile;
  readonly durationMs: number;
  /** Times that it was not its moment, or a lock was not given in time. */
  readonly locksWaited: number;
  /** Sessions of the application that were seen waiting for this file, and the sum of how long. */
  readonly stalledSessions: number;
  readonly stalledMs: number;
}

export interface ApplyReport {
  readonly applied: readonly AppliedMigration[];
  /** What was to be applied, in order; all of it is in `applied` unless this was a dry run. */
  readonly planned: readonly MigrationFile[];
  readonly cosmetic: readonly MigrationFile[];
  readonly alreadyApplied: readonly MigrationFile[];
}

/**
 * Applies the pending files of the given phases to one database, in order, each at its moment. Creates the ledger when there is none.
 *
 * A file is applied and recorded as a whole, or (without a transaction) statement by statement, so the same call goes on after any
 * interruption. When it resolves or throws, all that it has applied is on disk; a server that crashes before that may lose the last files,
 * each with its record. Throws `migrate.drift`, `migrate.late`, `migrate.fenced`, `migrate.runner-busy`, `migrate.pooled-connection`,
 * `migrate.statement-failed`, `migrate.lock-not-obtained`, `migrate.lock-held-too-long`, `migrate.index-differs`,
 * `migrate.unsure-statement`, `migrate.connection-lost`, for assertions `migrate.assertion-fails`, `.assertion-too-slow`, `.assertion-refused`
 * and `.assertion-outside`, or the reason of the signal.
 */
export async function applyMigrations(system: System, options: ApplyOptions): Promise<ApplyReport> {
  return applyChosen(system, options, (pending) => pending.filter(({ phase }) => options.phases.includes(phase)));
}

/** A session and the ledger that it has just read. */
export interface OpenedLedger {
  readonly session: Session;
  readonly ledger: Ledger;
}

export async function openLedger(system: System, target: ConnectionTarget): Promise<OpenedLedger> {
  const session = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
    return { session, ledger: await loadLedger(session) };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** As `applyMigrations`, with another choice among the pending files. What was opened already is used, and closed. */
export async function applyChosen(
  system: System,
  options: ApplyOptions & { readonly opened?: OpenedLedger },
  choose: (pending: readonly MigrationFile[]) => readonly MigrationFile[],
): Promise<ApplyReport> {
  const upTo = options.upTo ?? (isVersion(options.release) ? options.release : undefined);
  const wanted = { database: options.database, files: options.files, ...(upTo === undefined ? {} : { upTo }) };
  const { session, ledger: found } = options.opened ?? (await openLedger(system, options.target));
  try {
    const first = compareFiles(wanted, found);
    const planned = choose(first.pending);
    assertApplicable(options.database, first, planned);
    if (planned.length === 0 || options.dryRun === true) return report(first, planned, []);
    return await withEngine(system, { ...options, session }, async (engine) => {
      // Another run may have been at it until now.
      const ledger = await loadLedger(session);
      const comparison = compareFiles(wanted, ledger);
      const files = choose(comparison.pending);
      assertApplicable(options.database, comparison, files);
      const applied = files.length === 0 ? [] : await applyInOrder(engine, { files, ledger }, options);
      return report(comparison, files, applied);
    });
  } finally {
    await session.close();
  }
}

function report(
  comparison: Comparison<MigrationFile>,
  planned: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): ApplyReport {
  return { applied, planned, cosmetic: comparison.cosmetic, alreadyApplied: comparison.applied };
}

function assertApplicable(
  database: string,
  comparison: Comparison<MigrationFile>,
  files: readonly MigrationFile[],
): void {
  if (comparison.drift.length > 0) throw drifted(database, comparison);
  const late = comparison.late.filter(({ file }) => files.includes(file));
  if (late.length > 0) throw lateFiles(database, late);
}

async function applyInOrder(
  engine: Engine,
  { files, ledger }: { readonly files: readonly MigrationFile[]; readonly ledger: Ledger },
  options: ApplyOptions,
): Promise<readonly AppliedMigration[]> {
  const isEachNoted = options.afterFile !== undefined;
  const applied: AppliedMigration[] = [];
  const verified = new Set<string>();
  try {
    for (const [index, file] of files.entries()) {
      options.signal?.throwIfAborted();
      await options.beforeFile?.(file);
      const isDurable = waitsForDisk(file, files[index + 1], { isEachNoted });
      if (!isDurable) engine.isAllOnDisk = false;
      const applying = applyFile(engine, file, {
        ledger,
        isDurable,
        assertions: (options.assertions ?? []).map((one) =>
          verified.has(one.name) ? { ...one, mayBeGone: true } : one,
        ),
        onVerified: (name) => verified.add(name),
      });
      prepareFile(files[index + 1]);
      applied.push(await applying);
      if (isDurable) engine.isAllOnDisk = true;
      engine.filesApplied += 1;
      await options.afterFile?.(file);
    }
    return applied;
  } finally {
    await makeDurable(engine);
  }
}

/** Makes what is made when it is asked for, while the server is at the file before. */
function prepareFile(file: MigrationFile | undefined): void {
  if (file) setImmediate(() => file.fingerprint);
}

async function applyFile(engine: Engine, file: MigrationFile, work: FileWork): Promise<AppliedMigration> {
  const { clock } = engine.system;
  const startedMs = clock.monotonicMs();
  if (engine.connections.lock.isLost) throw connectionLost(file.path, engine, file.transactional);
  engine.emit({ type: 'migrate.file-started', database: file.database, path: file.path });
  const measured = await runFile(engine, file, work).catch((error: unknown) => {
    if (isConnectionLoss(error)) throw connectionLost(file.path, engine, file.transactional);
    throw error instanceof PostgresError ? serverRefused(file.path, error, engine) : error;
  });
  const durationMs = clock.monotonicMs() - startedMs;
  engine.emit({ type: 'migrate.file-finished', database: file.database, path: file.path, durationMs });
  return { file, durationMs, locksWaited: measured.locksWaited, ...stallsOf(measured) };
}

interface FileWork {
  readonly ledger: Ledger;
  readonly isDurable: boolean;
  readonly assertions: readonly FileAssertion[];
  readonly onVerified: (name: string) => void;
}

async function runFile(engine: Engine, file: MigrationFile, work: FileWork): Promise<Measured> {
  const { ledger, isDurable, assertions } = work;
  const split = await loadStatements(file);
  const statements = planStatements(file.transactional ? statementsToRun(split) : split);
  const isFreshSession = engine.isSessionUsed;
  engine.isSessionUsed = !split.every(({ node }) => leavesSessionAlone(node));
  const guard = assertions.length === 0 ? undefined : await createGuard(file, statements, assertions);
  if (!file.transactional) {
    if (guard) throw assertionOutside(file.path, guard.assertions, engine);
    const recorded = ledger.statements.filter(({ migration }) => migration === migrationId(file));
    return applyStepwise(engine, await loadSqlParser(), { file, statements, recorded });
  }
  const measured = await applyTransaction(engine, {
    file,
    statements,
    isFreshSession,
    isDurable,
    guard,
    record: (soFar) => renderRecord(file, entryOf(engine, file, statements.length, soFar), guard),
    kept: 'Nothing of the file is in the database',
    isResumable: false,
  });
  for (const { name } of guard?.assertions ?? []) work.onVerified(name);
  // A single statement is recorded in its own message, before anybody can tell who waited for it.
  if (statements.length === 1 && measured.stalls.sessions > 0) {
    await engine.connections.ddl.query(renderLedgerStalls(file, stallsOf(measured)));
  }
  return measured;
}

function renderRecord(file: MigrationFile, entry: ReturnType<typeof entryOf>, guard: Guard | undefined): string {
  const own = guard?.assertions.flatMap(({ record }) => record?.(migrationId(file)) ?? []) ?? [];
  return [renderLedgerInsert(entry), ...own].join('; ');
}

function entryOf(
  engine: Engine,
  file: MigrationFile,
  statements: number,
  measured: Measured,
): Parameters<typeof renderLedgerInsert>[0] {
  const { startedAt, locksWaited } = measured;
  const { release, run, fence } = engine;
  return { file, release, run, epoch: fence?.epoch, statements, startedAt, locksWaited, ...stallsOf(measured) };
}

function stallsOf({ stalls }: Measured): Pick<AppliedMigration, 'stalledSessions' | 'stalledMs'> {
  return { stalledSessions: stalls.sessions, stalledMs: stalls.totalMs };
}
