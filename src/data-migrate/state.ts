import type { SqlDataMigration } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { completedAlready, fencedOut, notRunnable } from './errors.ts';
import type { KeyValue } from './table-key.ts';

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
}

/**
 * Takes the data migration over, whoever had it: their next batch finds another token and changes nothing. One whose verification found
 * rows begins from the first key again; every other goes on at its cursor. Throws when it is paused or cancelled, or the epoch is stale.
 */
export async function claim(session: Session, declared: SqlDataMigration, options: ClaimOptions): Promise<void> {
  const { id, holder, fence, release, run } = options;
  await session.transaction(async () => {
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
      `update onward.data_migration
       set status = 'running', holder = $2, epoch = $3, run = $4, release = $5, last_error = null,
           cursor = case when remaining is null then cursor end, remaining = null, verified_at = null,
           waiting_for = null, waiting_since = null, finished_at = null,
           started_at = coalesce(started_at, pg_catalog.clock_timestamp()), updated_at = pg_catalog.clock_timestamp()
       where id = $1`,
      [id, holder, fence.epoch, run, release],
    );
  });
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
