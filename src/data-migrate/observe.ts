import type { Session } from '../system/index.ts';
import { estimateLeft } from './progress.ts';

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
  /** How fast it goes and how far it is, as far as that can be told. */
  readonly progress?: DataMigrationProgress;
}

export interface DataMigrationProgress {
  /** Rows that the table was said, or counted, to have when the work on it began. */
  readonly estimatedRows?: number;
  /** Of those, from 0 to 1. */
  readonly share?: number;
  /** Over the last minute, waits included; while it runs. */
  readonly rowsPerSecond?: number;
  readonly etaMs?: number;
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
  const [found] = rows;
  return found ? { ...found, progress: await observeProgress(session, found) } : nothingYet(id);
}

async function observeProgress(session: Session, { id, status }: DataMigrationStatus): Promise<DataMigrationProgress> {
  const { rows } = await session.query<{ estimated: number | null; passed: number; rate: number | null }>(
    `select estimated::float8 as estimated, passed::float8 as passed,
            (select pg_catalog.sum(scanned) / greatest(extract(epoch from pg_catalog.clock_timestamp() - min(started_at)), 0.001)
             from onward.data_migration_batch as batch
             where data_migration = $1 and batch.batch > migration.batches - 1000
               and started_at > pg_catalog.clock_timestamp() - interval '1 minute')::float8 as rate
     from onward.data_migration as migration where id = $1`,
    [id],
  );
  const { estimated, passed = 0, rate } = rows[0] ?? {};
  const total = estimated ?? undefined;
  const size = total === undefined ? {} : { estimatedRows: total };
  if (status === 'completed') return { ...size, share: 1 };
  if (status !== 'running' || rate === null || rate === undefined)
    return { ...size, ...estimateLeft(total, passed, 0) };
  const rowsPerSecond = Math.round(rate);
  return { ...size, rowsPerSecond, ...estimateLeft(total, passed, rowsPerSecond) };
}

function nothingYet(id: string): DataMigrationStatus {
  const counters = { scanned: 0, changed: 0, failed: 0, batches: 0, remaining: null };
  const nothing = { waitingFor: null, waitingSince: null, lastError: null, wanted: null };
  return { id, status: 'pending', ...counters, ...nothing, startedAt: null, finishedAt: null, verifiedAt: null };
}
