/**
 * Schema migrations: reads the files, keeps the ledger, and applies each file at a moment when the application does not feel it.
 * It does not judge what a migration does (lint), moves no rows in batches (data-migrate), and never goes back.
 */
export { type AppliedMigration, type ApplyOptions, type ApplyReport, applyMigrations } from './apply.ts';
export { applyStatements, type Statements } from './apply-statements.ts';
export type { FileAssertion } from './assertions.ts';
export type { Comparison, ComparisonOptions, Drift } from './compare-with-ledger.ts';
export { createLedger } from './create-ledger.ts';
export type { Fence } from './engine.ts';
export type { Inspection } from './inspect-text.ts';
export type { Ledger } from './ledger.ts';
export type { LedgerRow, LedgerStatement } from './ledger-row.ts';
export type { MigrationFile } from './migration-file.ts';
export { type DriftSummary, type MigrationStatus, type MigrationSummary, observeMigrations } from './observe.ts';
export { type ReadMigrations, type ReadMigrationsOptions, readMigrations } from './read-migrations.ts';
export { type AdoptedEntry, type AppliedElsewhere, type RecordOptions, recordApplied } from './record-applied.ts';
export {
  loadAlone,
  loadFolder,
  type RunMigrateOptions,
  type RunMigrateReport,
  runMigrate,
  runMigrateStatus,
} from './run-migrate.ts';
export { type ProgramStalls, type ProgramWatch, watchProgram } from './watch-program.ts';
