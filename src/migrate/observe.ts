import type { MigrationRef } from '../model/index.ts';
import type { ConnectionTarget, System } from '../system/index.ts';
import { type Comparison, compareWithLedger, type Drift } from './compare-with-ledger.ts';
import { type Ledger, loadLedger } from './ledger.ts';
import type { LedgerRow } from './ledger-row.ts';
import { migrationId } from './migration-file.ts';

export interface ObserveOptions {
  readonly database: string;
  readonly target: ConnectionTarget;
  /** Every known file; those of other databases are left out. */
  readonly files: readonly MigrationRef[];
  /** The version to compare with; every file counts when it is left out. */
  readonly upTo?: string;
}

/** What a database holds, as `onward migrate status --json` prints it. */
export interface MigrationStatus {
  readonly database: string;
  readonly applied: readonly MigrationSummary[];
  readonly pending: readonly MigrationSummary[];
  readonly drift: readonly DriftSummary[];
  readonly late: readonly MigrationSummary[];
  readonly cosmetic: readonly MigrationSummary[];
  /** Applied by a newer release than the one that is compared with. */
  readonly ahead: readonly MigrationSummary[];
  /** Files without a transaction that were begun and not finished. */
  readonly unfinished: readonly MigrationSummary[];
  readonly baseline?: string;
}

export interface MigrationSummary {
  readonly path: string;
  readonly version: string;
  readonly phase: string;
  readonly sequence: number;
  readonly name: string;
  readonly checksum: string;
}

export interface DriftSummary extends MigrationSummary {
  readonly kind: Drift['kind'];
  readonly appliedChecksum: string;
}

/** Reads what was applied and compares it with the files. It creates nothing, not even the ledger. */
export async function observeMigrations(system: System, options: ObserveOptions): Promise<MigrationStatus> {
  const session = await system.postgres.connect(options.target, { applicationName: 'onward migrate status' });
  try {
    const ledger = await loadLedger(session);
    return buildStatus(compareFiles(options, ledger), ledger, options);
  } finally {
    await session.close();
  }
}

/** Compares the files of one database with its ledger. */
export function compareFiles<F extends MigrationRef>(
  options: { readonly database: string; readonly files: readonly F[]; readonly upTo?: string },
  ledger: Ledger,
): Comparison<F> {
  const { database, upTo } = options;
  const files = options.files.filter((file) => file.database === database);
  const baseline = ledger.baselines.get(database);
  return compareWithLedger(files, ledger.rows, {
    database,
    ...(upTo === undefined ? {} : { target: upTo }),
    ...(baseline === undefined ? {} : { baseline }),
  });
}

/** The comparison as plain data, small enough to print. */
export function buildStatus(
  comparison: Comparison,
  ledger: Ledger,
  { database }: { readonly database: string },
): MigrationStatus {
  const begun = new Set(ledger.statements.map(({ migration }) => migration));
  const baseline = ledger.baselines.get(database);
  return {
    database,
    applied: comparison.applied.map(summary),
    pending: comparison.pending.map(summary),
    drift: comparison.drift.map(({ kind, row, file }) => ({
      kind,
      ...summary(file ?? row),
      appliedChecksum: row.checksum,
    })),
    late: comparison.late.map(({ file }) => summary(file)),
    cosmetic: comparison.cosmetic.map(summary),
    ahead: comparison.ahead.map(summary),
    unfinished: comparison.pending.filter((file) => begun.has(migrationId(file))).map(summary),
    ...(baseline === undefined ? {} : { baseline }),
  };
}

function summary(file: MigrationRef | LedgerRow): MigrationSummary {
  const { path, version, phase, sequence, name, checksum } = file;
  return { path, version, phase, sequence, name, checksum };
}
