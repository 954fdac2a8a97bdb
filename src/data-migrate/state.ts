import type { DataMigration } from '../model/index.ts';
import { PostgresError, type Session } from '../system/index.ts';
import { completedAlready, fencedOut, notRunnable, tableBusy } from './errors.ts';
import type { KeyValue, TableKey } from './table-key.ts';

/** The fencing number that the caller holds; every batch proves that it is still the highest. */
export interface Fence {
  readonly deployment: string;
  readonly epoch: number;
}

/** Who works on a data migration: a random token, so that nobody else can be taken for it. */
export interface Claim {
  readonly id: string;
  readonly holder: string;
  readonly fence: Fence;
}

export interface ClaimOptions extends Claim {
  readonly release: string;
  readonly run: string;
  /** Of kind `sql` only: nobody can tell what a service's program touches. */
  readonly key?: Pick<TableKey, 'table' | 'relation' | 'estimatedRows'>;
}

/**
 * Takes the data migration over, whoever had it: their next batch finds another token and changes nothing. One whose verification found
 * rows begins from the first key again; every other goes on at its cursor. Gives the rows that were gone through since the first key. Throws
 * when it is paused or cancelled, the epoch is stale, or another one of this epoch is at work on the table.
 */
export async function claim(
  session: Session,
  declared: Pick<DataMigration, 'id'>,
  options: ClaimOptions,
): Promise<number> {
  try {
    return await session.transaction(() => takeRow(session, declared, options));
  } catch (error) {
    // Those of an earlier epoch can do nothing any more; of this one, the index lets a table have one.
    if (error instanceof PostgresError && error.code === '23505' && options.key)
      throw tableBusy(options.id, options.key.table);
    throw error;
  }
}

async function takeRow(session: Session, declared: Pick<DataMigration, 'id'>, options: ClaimOptions): Promise<number> {
  const { id, holder, fence, release, run, key } = options;
  await assertEpoch(session, id, fence);
  await session.query('insert into onward.data_migration (id, release) values ($1, $2) on conflict (id) do nothing', [
    declared.id,
    release,
  ]);
  const { rows } = await session.query<{ status: string; wanted: string | null }>(
    'select status, wanted from onward.data_migration where id = $1 for update',
    [id],
  );
  const { status, wanted } = rows[0] ?? {};
  if (status === 'cancelled' || wanted === 'cancel') throw notRunnable(id, 'cancelled');
  if (status === 'paused' || wanted === 'pause') throw notRunnable(id, 'paused');
  // What was verified with rows left begins again, and so does what was complete and is no more.
  await session.query(
    `update onward.data_migration_scope set status = 'pending', cursor = null, finished_at = null
     where data_migration = $1 and exists (select from onward.data_migration where id = $1 and remaining is not null)`,
    [id],
  );
  const { rows: taken } = await session.query<{ passed: string }>(
    `update onward.data_migration
       set status = 'running', holder = $2, epoch = $3, run = $4, release = $5, last_error = null,
           cursor = case when remaining is null then cursor end, passed = case when remaining is null then passed else 0 end,
           remaining = null, verified_at = null, waiting_for = null, waiting_since = null, finished_at = null,
           relation = $6::pg_catalog.oid, estimated = $7::pg_catalog.int8,
           started_at = coalesce(started_at, pg_catalog.clock_timestamp()), updated_at = pg_catalog.clock_timestamp()
       where id = $1 returning passed`,
    [id, holder, fence.epoch, run, release, key?.relation ?? null, key?.estimatedRows ?? null],
  );
  return Number(taken[0]?.passed ?? 0);
}

/** Throws unless the epoch is the highest that this database has seen. The row stays locked until the transaction ends. */
export async function assertEpoch(session: Session, id: string, fence: Fence): Promise<void> {
  const { rows } = await session.query('select from onward.fence where deployment = $1 and epoch = $2 for share', [
    fence.deployment,
    fence.epoch,
  ]);
  if (rows.length === 0) throw fencedOut(id, fence.epoch);
}

/** What a worker finds in its row, locked until the transaction ends; `undefined` when another one has taken over. */
export async function lockState(
  session: Session,
  { id, holder }: Claim,
): Promise<{ readonly wanted: 'pause' | 'cancel' | null; readonly cursor: KeyValue | undefined } | undefined> {
  const { rows } = await session.query<{ wanted: 'pause' | 'cancel' | null; cursor: KeyValue | null }>(
    'select wanted, cursor from onward.data_migration where id = $1 and holder = $2 for update',
    [id, holder],
  );
  const [row] = rows;
  return row && { wanted: row.wanted, cursor: row.cursor ?? undefined };
}

export interface Release {
  readonly status: 'pending' | 'paused' | 'cancelled' | 'failed' | 'completed';
  readonly error?: string;
  /** Rows that the verification found. */
  readonly remaining?: number;
}

/** Ends the work of a holder. False when it is not the holder any more, and nothing was written. */
export async function releaseClaim(session: Session, { id, holder }: Claim, to: Release): Promise<boolean> {
  const { count } = await session.query(
    `update onward.data_migration
     set status = $3, holder = null, wanted = null, waiting_for = null, waiting_since = null, last_error = $4,
         remaining = $5::bigint, updated_at = pg_catalog.clock_timestamp(),
         verified_at = case when $5::bigint is not null then pg_catalog.clock_timestamp() end,
         finished_at = case when $3 in ('completed', 'failed', 'cancelled') then pg_catalog.clock_timestamp() end
     where id = $1 and holder = $2`,
    [id, holder, to.status, to.error ?? null, to.remaining ?? null],
  );
  return count === 1;
}

export interface Waiting {
  readonly reason: string;
  /** What the row says is the same cause in other words: since when is kept. */
  readonly isSame: boolean;
}

/** Says in the row what the holder waits for; `undefined`: it does not wait. */
export async function noteWaiting(session: Session, claimed: Claim, waiting: Waiting | undefined): Promise<void> {
  await session.query(
    `update onward.data_migration
     set waiting_since = case when $3::text is null then null
                              when $4 or waiting_for is not distinct from $3 then coalesce(waiting_since, pg_catalog.clock_timestamp())
                              else pg_catalog.clock_timestamp() end,
         waiting_for = $3, updated_at = pg_catalog.clock_timestamp()
     where id = $1 and holder = $2`,
    [claimed.id, claimed.holder, waiting?.reason ?? null, waiting?.isSame ?? false],
  );
}

/** Counts a batch that was rolled back. */
export async function noteFailedBatch(session: Session, claimed: Claim): Promise<void> {
  await session.query('update onward.data_migration set failed = failed + 1 where id = $1 and holder = $2', [
    claimed.id,
    claimed.holder,
  ]);
}

/** Throws when the data migration is complete: there is nothing to stop. */
export function assertNotCompleted(id: string, status: string | undefined): void {
  if (status === 'completed') throw completedAlready(id);
}
