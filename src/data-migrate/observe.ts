import type { Session } from '../system/index.ts';

/** What the ledger says of a data migration. */
export interface DataMigrationStatus {
  readonly id: string;
  /** `unknown`: the program that carries it out gave no answer; not completed, whatever is on record. */
  readonly status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'unknown';
  /** What the operator asked for, and the worker has not done yet. */
  readonly wanted: 'pause' | 'cancel' | null;
  /** Rows in the ranges so far, those of them that were changed, and batches that were rolled back. */
  readonly scanned: number;
  readonly changed: number;
  readonly failed: number;
  readonly batches: number;
  /** What the last verification counted. */
  readonly remaining: number | null;
  readonly waitingFor: string | null;
  readonly waitingSince: string | null;
  readonly lastError: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly verifiedAt: string | null;
}

/** Reads what is on record; a data migration, or a ledger, that is not there is `pending`. Changes nothing. */
export async function observeDataMigration(session: Session, id: string): Promise<DataMigrationStatus> {
  const { rows: tables } = await session.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.data_migration') is not null as found`,
  );
  if (tables[0]?.found !== true) return nothingYet(id);
  const { rows } = await session.query<DataMigrationStatus>(
    `select id, status, wanted, scanned::float8 as scanned, changed::float8 as changed, failed::float8 as failed,
            batches::float8 as batches, remaining::float8 as remaining, waiting_for as "waitingFor",
            waiting_since as "waitingSince", last_error as "lastError", started_at as "startedAt",
            finished_at as "finishedAt", verified_at as "verifiedAt"
     from onward.data_migration where id = $1`,
    [id],
  );
  return rows[0] ?? nothingYet(id);
}

function nothingYet(id: string): DataMigrationStatus {
  const counters = { scanned: 0, changed: 0, failed: 0, batches: 0, remaining: null };
  const nothing = { waitingFor: null, waitingSince: null, lastError: null, wanted: null };
  return { id, status: 'pending', ...counters, ...nothing, startedAt: null, finishedAt: null, verifiedAt: null };
}
