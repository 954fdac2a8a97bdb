import type {
  DataMigrationOutcome,
  DataMigrationStatus,
  DryRun,
  RateLimit,
  ScopeChoice,
  Wish,
} from '../../data-migrate/index.ts';
import type { Pacing } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import type { Lease } from '../lease.ts';

/** What a run of a data migration stands on. */
export interface DataWork {
  readonly system: System;
  readonly installation: Installation;
  readonly lease: Lease;
  readonly run: string;
  /** Shared by those that run at once. */
  readonly rate?: RateLimit;
  readonly signal: AbortSignal;
  /** One part alone, instead of all of them and the verification. */
  readonly scope?: ScopeChoice;
}

/** Whoever carries one data migration out: one member for each kind. */
export interface DataWorker {
  /** What is on record. Changes nothing. */
  observe(): Promise<DataMigrationStatus>;
  /** Asks for a pause or an end, or takes that back; gives the status from now on. */
  request(wish: Wish): Promise<string>;
  /** Rows that are still in the old shape. Changes nothing. */
  verify(): Promise<number>;
  /** Tries a first part out, and tells how long all of it may take under this pacing. Changes nothing. */
  sample(pacing: Pacing): Promise<DryRun>;
  run(work: DataWork): Promise<DataMigrationOutcome>;
}
