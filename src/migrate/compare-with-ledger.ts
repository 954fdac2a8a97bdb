import type { MigrationRef } from '../model/index.ts';
import type { LedgerRow } from './ledger-row.ts';
import { compareMigrationFiles, compareVersionText, isFlat, migrationId } from './migration-file.ts';

/** The file in the release is not what was applied. */
export interface Drift {
  readonly kind: 'edited' | 'missing';
  readonly row: LedgerRow;
  /** `undefined` when it is missing. */
  readonly file: MigrationRef | undefined;
}

export interface Comparison<F extends MigrationRef = MigrationRef> {
  /** Files whose content, or its meaning, is in the database. */
  readonly applied: readonly F[];
  readonly pending: readonly F[];
  readonly drift: readonly Drift[];
  /** Pending files that sort before an applied one of their phase, undeclared: refused by name. */
  readonly late: readonly { readonly file: F; readonly behind: LedgerRow }[];
  /** Edited since without changing what they say; accepted. */
  readonly cosmetic: readonly F[];
  /** Applied by a release newer than the target, which may rightly be unknown here. */
  readonly ahead: readonly LedgerRow[];
  /** Not applied one by one: the schema was born with them. */
  readonly covered: readonly F[];
}

export interface ComparisonOptions {
  readonly database: string;
  /** Files of newer versions are not pending, and applied rows of newer versions may lack their file. */
  readonly target?: string;
  /** The version that the schema was born at. */
  readonly baseline?: string;
}

/** Compares what a release holds with what a database says was applied to it. `files` are all that are known of this database. */
export function compareWithLedger<F extends MigrationRef>(
  files: readonly F[],
  rows: readonly LedgerRow[],
  options: ComparisonOptions,
): Comparison<F> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const ids = new Set(files.map((file) => migrationId(file)));
  const result = {
    applied: [] as F[],
    pending: [] as F[],
    cosmetic: [] as F[],
    covered: [] as F[],
    drift: [] as Drift[],
  };
  for (const file of [...files].sort(compareMigrationFiles)) {
    const row = byId.get(migrationId(file));
    if (!row) {
      if (isCovered(file, options.baseline)) result.covered.push(file);
      else if (!isNewer(file, options.target)) result.pending.push(file);
    } else if (row.checksum === file.checksum) result.applied.push(file);
    else if (row.fingerprint === file.fingerprint) {
      result.applied.push(file);
      result.cosmetic.push(file);
    } else result.drift.push({ kind: 'edited', row, file });
  }
  const ahead: LedgerRow[] = [];
  for (const row of rows) {
    if (row.database !== options.database || ids.has(row.id)) continue;
    if (isCovered(row, options.baseline)) continue;
    if (isNewer(row, options.target)) ahead.push(row);
    else result.drift.push({ kind: 'missing', row, file: undefined });
  }
  return { ...result, ahead, late: findLate(result.pending, rows, options.database) };
}

function isCovered(file: Pick<MigrationRef, 'version'>, baseline: string | undefined): boolean {
  return baseline !== undefined && file.version !== '' && compareVersionText(file.version, baseline) <= 0;
}

function isNewer(file: { readonly version: string; readonly release?: string }, target: string | undefined): boolean {
  const version = file.version === '' ? (file.release ?? '') : file.version;
  return target !== undefined && version !== '' && compareVersionText(version, target) > 0;
}

function findLate<F extends MigrationRef>(
  pending: readonly F[],
  rows: readonly LedgerRow[],
  database: string,
): Comparison<F>['late'] {
  const last = new Map<string, LedgerRow>();
  for (const row of rows) {
    if (row.database !== database) continue;
    const key = lane(row);
    const known = last.get(key);
    if (!known || compareMigrationFiles(known, row) < 0) last.set(key, row);
  }
  return pending.flatMap((file) => {
    const behind = last.get(lane(file));
    return behind && file.late !== true && compareMigrationFiles({ ...file, database }, behind) < 0
      ? [{ file, behind }]
      : [];
  });
}

/** Files of different phases, or layouts, do not stand in each other's way. */
function lane(file: Pick<MigrationRef, 'phase' | 'path'>): string {
  return `${file.phase} ${isFlat(file) ? 'flat' : 'versioned'}`;
}
