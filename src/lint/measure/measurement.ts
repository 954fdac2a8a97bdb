import type { SchemaChange } from '../../schema/index.ts';
import type { Effects, RelationLock } from '../effects/effects.ts';
import type { StatementFailure } from './attempt.ts';

/** What files did to a scratch database, file by file. */
export interface Measurement {
  /** As `server_version_num` has it. */
  readonly serverVersion: number;
  /** Of every file that was measured, in the order of applying; shipped files are here only when one of their statements failed. */
  readonly files: readonly FileMeasurement[];
}

export interface FileMeasurement {
  readonly file: string;
  readonly statements: readonly StatementMeasurement[];
  /** What an old client could see changed by the file. Empty when the file changes no definition. */
  readonly changes: readonly SchemaChange[];
  readonly leaks: readonly SessionLeak[];
  /** Rows of the old tables and views, by name, as the file found them; 0 where that means nothing. */
  readonly tables: ReadonlyMap<string, number>;
  /** Old tables without a row, for which scans cannot be told, by name. */
  readonly empty: readonly EmptyTable[];
  /** Old tables that could be filled only without triggers and foreign keys. */
  readonly forced: readonly string[];
}

export interface StatementMeasurement {
  readonly file: string;
  /** Position in the file's list of statements. */
  readonly index: number;
  readonly line: number;
  readonly effects: Effects;
  /** The strongest lock on each old table after it, including what earlier statements of the transaction took. */
  readonly held: readonly RelationLock[];
  /** New locks on indexes of old tables. */
  readonly indexLocks: readonly RelationLock[];
  readonly walBytes: number;
  readonly durationMs: number;
  readonly error?: StatementFailure;
  /** The rows that were there had to be replaced or removed for it: what the server said first. */
  readonly refusedRows?: StatementFailure;
}

/** Something of the session that a file changed and did not put back. */
export interface SessionLeak {
  readonly kind: 'setting' | 'role' | 'temporary table' | 'prepared statement' | 'advisory lock';
  /** Of the setting, role or table. */
  readonly name: string;
  /** What a setting or role is now. */
  readonly value: string;
}

export interface EmptyTable {
  readonly table: string;
  readonly reason: string;
}
