import type { MigrationPhase } from '../model/index.ts';
import { type ConnectionTarget, type LogEvent, resolveConnectionTarget, type System } from '../system/index.ts';
import { type ApplyReport, applyChosen, type OpenedLedger, openLedger } from './apply.ts';
import { unusableMigrations } from './errors.ts';
import type { Inspection } from './inspect-text.ts';
import type { Ledger } from './ledger.ts';
import { isFlat, type MigrationFile } from './migration-file.ts';
import { buildStatus, compareFiles, type MigrationStatus } from './observe.ts';
import { type ReadMigrations, readMigrations } from './read-migrations.ts';

export interface RunMigrateOptions {
  /** What it leaves out comes from `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, …, as with psql. */
  readonly url?: string;
  /** A file that holds nothing but the password. */
  readonly passwordFile?: string;
  /** The folder of migrations. */
  readonly migrations: string;
  /** Which of the folder's databases; needed when there are several. */
  readonly database?: string;
  /**
   * Without it, `expand` of versioned files; of flat files, all up to (and not including) the first one tagged `contract`. With `contract`,
   * flat files are applied in order with those tagged so.
   */
  readonly phase?: MigrationPhase;
  /** Newer versions are left alone. */
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly lockBudgetMs?: number;
  readonly lockWaitMs?: number;
  readonly onEvent?: (event: LogEvent) => void;
  readonly signal?: AbortSignal;
}

export interface RunMigrateReport extends ApplyReport {
  readonly database: string;
  /** Pending files that were left alone: of another phase, or behind a contract change. */
  readonly left: readonly MigrationFile[];
  /** Such as ignored files. */
  readonly findings: ReadMigrations['findings'];
}

/**
 * Applies a folder of migrations to one database, with no other file of Onward: no deployment, no release, no lease. Every problem in the
 * files is reported before anything is applied (`migrate.unusable-files`); otherwise as `applyMigrations`.
 */
export async function runMigrate(system: System, options: RunMigrateOptions): Promise<RunMigrateReport> {
  const { target, read, database, opened } = await prepare(system, options);
  const { to, dryRun, lockBudgetMs, lockWaitMs, onEvent, signal } = options;
  const left: MigrationFile[] = [];
  const report = await applyChosen(
    system,
    {
      database,
      target,
      files: read.files,
      phases: [],
      release: to ?? '',
      opened,
      run: `migrate-${system.clock.now().toISOString()}-${system.random.hex(4)}`,
      ...(to === undefined ? {} : { upTo: to }),
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(lockBudgetMs === undefined ? {} : { lockBudgetMs }),
      ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
      ...(onEvent ? { onEvent } : {}),
      ...(signal ? { signal } : {}),
    },
    (pending) => {
      const chosen = chooseFiles(pending, options.phase);
      left.splice(0, left.length, ...pending.filter((file) => !chosen.includes(file)));
      return chosen;
    },
  );
  return { ...report, database, left, findings: read.findings };
}

/** What is applied and what is not. Changes nothing. */
export async function runMigrateStatus(
  system: System,
  options: Pick<RunMigrateOptions, 'url' | 'passwordFile' | 'migrations' | 'database' | 'to'>,
): Promise<MigrationStatus> {
  const { read, database, opened } = await prepare(system, options);
  const { session, ledger } = opened;
  await session.close();
  const files = { database, files: read.files, ...(options.to === undefined ? {} : { upTo: options.to }) };
  return buildStatus(compareFiles(files, ledger), ledger, { database });
}

/** Which pending files a run without a plan applies. */
export function chooseFiles(
  pending: readonly MigrationFile[],
  phase: MigrationPhase | undefined,
): readonly MigrationFile[] {
  if (!pending.every(isFlat)) return pending.filter((file) => file.phase === (phase ?? 'expand'));
  if (phase === 'contract') return pending;
  const wanted = pending.filter((file) => phase === undefined || file.phase === phase || file.phase === 'contract');
  const stop = wanted.findIndex((file) => file.phase === 'contract');
  return stop === -1 ? wanted : wanted.slice(0, stop);
}

type Alone = Pick<RunMigrateOptions, 'url' | 'passwordFile' | 'migrations' | 'database'>;

/**
 * The database and the folder that `onward migrate` would act on when it stands alone. Connects to nothing. Throws `migrate.unusable-files`
 * with every problem of the files.
 */
export async function loadAlone(
  system: System,
  options: Alone,
): Promise<{ readonly target: ConnectionTarget; readonly database: string; readonly files: readonly MigrationFile[] }> {
  const target = await resolveTarget(system, options);
  const read = await readMigrations(
    system,
    options.migrations,
    options.database === undefined ? {} : { database: options.database },
  );
  return { target, files: read.files, database: chooseUsable(options, read) };
}

/** One database's files of a folder. Throws `migrate.unusable-files` with every problem of the files. */
export async function loadFolder(
  system: System,
  options: Pick<RunMigrateOptions, 'migrations' | 'database'>,
): Promise<readonly MigrationFile[]> {
  const { migrations, database } = options;
  const read = await readMigrations(system, migrations, database === undefined ? {} : { database });
  chooseUsable(options, read);
  return read.files;
}

async function prepare(
  system: System,
  options: Alone,
): Promise<{
  readonly target: ConnectionTarget;
  readonly read: ReadMigrations;
  readonly database: string;
  /** To be closed by the caller. */
  readonly opened: OpenedLedger;
}> {
  const target = await resolveTarget(system, options);
  // The files are read while the server is asked.
  const opening = openLedger(system, target);
  try {
    const [opened, read] = await Promise.all([
      opening,
      readMigrations(system, options.migrations, {
        known: async () => listKnown((await opening).ledger),
        ...(options.database === undefined ? {} : { database: options.database }),
      }),
    ]);
    return { target, read, opened, database: chooseUsable(options, read) };
  } catch (error) {
    await opening.then(
      ({ session }) => session.close(),
      () => {},
    );
    throw error;
  }
}

async function resolveTarget(system: System, { url, passwordFile }: Alone): Promise<ConnectionTarget> {
  const environment = passwordFile === undefined ? system.environment : withPasswordFile(system, passwordFile);
  const target = await resolveConnectionTarget({ ...(url === undefined ? {} : { url }), origin: '--url', environment });
  if (target.password !== undefined) system.redaction.add(target.password);
  return target;
}

function chooseUsable({ migrations, database }: Pick<Alone, 'migrations' | 'database'>, read: ReadMigrations): string {
  if (read.findings.some(({ severity }) => severity === 'error')) throw unusableMigrations(migrations, read.findings);
  return chooseDatabase(migrations, read, database);
}

/** What the ledger knows of the texts that it has seen. */
function listKnown({ rows }: Ledger): ReadonlyMap<MigrationFile['checksum'], Inspection> {
  return new Map(
    rows.map(({ checksum, fingerprint, transactional }) => [checksum, { fingerprint, isTransactional: transactional }]),
  );
}

function withPasswordFile(system: System, passwordFile: string): System['environment'] {
  return { ...system.environment, PGPASSWORD: undefined, PGPASSWORD_FILE: passwordFile };
}

function chooseDatabase(folder: string, read: ReadMigrations, asked: string | undefined): string {
  const names = [...new Set(read.files.map(({ database }) => database))];
  if (asked !== undefined) return asked;
  const [only = 'main', ...others] = names;
  if (others.length === 0) return only;
  throw unusableMigrations(folder, [
    {
      code: 'migrate.several-databases',
      severity: 'error',
      message: `the folder holds migrations of several databases: ${names.join(', ')}`,
      hint: 'Say which one with --database.',
    },
  ]);
}
