import type { SqlDataMigration } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { assertDualWrite } from './dual-write/observe.ts';
import { isDualWriting } from './dual-write/render.ts';
import { takenOver } from './errors.ts';
import { type KeyRange, renderChange, renderLastKey, renderNthKey } from './render-sql.ts';
import { lockPartCursor, recordPartBatch } from './scope/state.ts';
import { assertEpoch, type Claim, lockState } from './state.ts';
import type { KeyValue, TableKey } from './table-key.ts';

export interface BatchLimits {
  readonly rows: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
}

export type BatchResult =
  | { readonly kind: 'done'; readonly scanned: number; readonly changed: number; readonly isLast: boolean }
  /** No row lies behind the cursor. */
  | { readonly kind: 'end' }
  /** The operator asked for it; nothing was changed. */
  | { readonly kind: 'pause' | 'cancel' };

export interface Batch {
  readonly declared: SqlDataMigration;
  readonly key: TableKey;
  readonly claim: Claim;
  readonly limits: BatchLimits;
}

/**
 * One batch: the rows behind the cursor, their counters and the new cursor, all in one transaction or not at all. Throws
 * `data-migrate.fenced` or `data-migrate.taken-over` when another run or worker has come, `data-migrate.no-dual-write` or
 * `.dual-write-disabled` when the trigger that it declares does not fire, or what the server refused it with.
 */
export async function runBatch(session: Session, batch: Batch): Promise<BatchResult> {
  const { declared, key, claim, limits } = batch;
  return session.transaction<BatchResult>(async () => {
    await session.query(
      `set local lock_timeout = ${limits.lockTimeoutMs}; set local statement_timeout = ${limits.statementTimeoutMs}`,
    );
    await assertEpoch(session, claim.id, claim.fence);
    const state = await lockState(session, claim);
    if (!state) throw takenOver(claim.id);
    if (state.wanted !== null) return { kind: state.wanted };
    const after = key.part ? await lockPartCursor(session, claim.id, key.part) : state.cursor;
    const found = await findRange(session, key, { after, rows: limits.rows });
    if (!found) return { kind: 'end' };
    const change = renderChange(declared, key, found.range);
    const { count: changed } = await session.query(change.sql, change.values);
    // Behind the change: by now nobody can drop it before this transaction ends.
    if (isDualWriting(declared)) await assertDualWrite(session, declared);
    await recordBatch(session, claim, { range: found.range, scanned: found.rows, changed });
    if (key.part) {
      const { upTo } = found.range;
      await recordPartBatch(session, claim.id, { part: key.part, upTo, scanned: found.rows, changed });
    }
    return { kind: 'done', scanned: found.rows, changed, isLast: found.rows < limits.rows };
  });
}

interface FoundRange {
  readonly range: KeyRange;
  readonly rows: number;
}

/** The next range: `rows` rows long, or up to the last row. */
export async function findRange(
  session: Session,
  key: TableKey,
  from: { readonly after: KeyValue | undefined; readonly rows: number },
): Promise<FoundRange | undefined> {
  const { after, rows } = from;
  const nth = renderNthKey(key, after, rows);
  const { rows: full } = await session.query<{ key: KeyValue }>(nth.sql, nth.values);
  if (full[0]) return { range: { after, upTo: full[0].key }, rows };
  const last = renderLastKey(key, after);
  const { rows: rest } = await session.query<{ key: KeyValue; rows: string }>(last.sql, last.values);
  return rest[0] && { range: { after, upTo: rest[0].key }, rows: Number(rest[0].rows) };
}

async function recordBatch(
  session: Session,
  claim: Claim,
  done: { readonly range: KeyRange; readonly scanned: number; readonly changed: number },
): Promise<void> {
  const { after, upTo } = done.range;
  await session.query(
    `with migration as (
       update onward.data_migration
       set cursor = $3::jsonb, scanned = scanned + $4, changed = changed + $5, passed = passed + $4, batches = batches + 1,
           waiting_for = null, waiting_since = null, updated_at = pg_catalog.clock_timestamp()
       where id = $1 and holder = $2 returning id, batches
     )
     insert into onward.data_migration_batch (data_migration, batch, lower_key, upper_key, scanned, changed, epoch, started_at)
     select id, batches, $6::jsonb, $3::jsonb, $4, $5, $7, pg_catalog.now() from migration`,
    [
      claim.id,
      claim.holder,
      JSON.stringify(upTo),
      done.scanned,
      done.changed,
      after ? JSON.stringify(after) : null,
      claim.fence.epoch,
    ],
  );
}
