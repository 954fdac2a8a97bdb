import { queryRows, type SqlClient } from './client.ts';
import { missingRight, noLedger, staleEpoch, takenOver } from './errors.ts';

/** What Onward gave this run: who may change rows, and how that is proved. */
export interface Claim {
  readonly id: string;
  readonly deployment: string;
  readonly epoch: number;
  readonly holder: string;
  readonly scope: Scope | undefined;
}

/** A part that is run by itself. Its cursor and counters are in a row of its own. */
export interface Scope {
  readonly kind: string;
  readonly value: string;
}

export interface Counters {
  readonly scanned: number;
  readonly changed: number;
  readonly failed: number;
  readonly batches: number;
}

export interface Status extends Counters {
  readonly status: string;
  readonly error: string | null;
}

const COUNTERS = `scanned::pg_catalog.float8 as scanned, changed::pg_catalog.float8 as changed,
  failed::pg_catalog.float8 as failed, batches::pg_catalog.float8 as batches`;

/** What a role needs: a batch locks the fence row FOR SHARE, which takes the right to update a column of it. */
const RIGHTS = [
  ['USAGE ON SCHEMA onward', `pg_catalog.has_schema_privilege(space.oid, 'USAGE')`],
  ['SELECT ON onward.fence', `pg_catalog.has_table_privilege(fence.oid, 'SELECT')`],
  ['UPDATE (deployment) ON onward.fence', `pg_catalog.has_any_column_privilege(fence.oid, 'UPDATE')`],
  [
    'SELECT, UPDATE ON onward.data_migration',
    `pg_catalog.has_table_privilege(migration.oid, 'SELECT') and pg_catalog.has_table_privilege(migration.oid, 'UPDATE')`,
  ],
  ['INSERT ON onward.data_migration_batch', `pg_catalog.has_table_privilege(batch.oid, 'INSERT')`],
] as const;
const RIGHT_TO_PARTS = [
  'SELECT, INSERT, UPDATE ON onward.data_migration_scope',
  `pg_catalog.has_table_privilege(part.oid, 'SELECT') and pg_catalog.has_table_privilege(part.oid, 'INSERT') and pg_catalog.has_table_privilege(part.oid, 'UPDATE')`,
] as const;

/** Throws `service.no-ledger` or `service.missing-right` unless this role can do what every batch does. */
export async function assertRights(client: SqlClient, { scope }: Pick<Claim, 'scope'>): Promise<void> {
  const needed = scope ? [...RIGHTS, RIGHT_TO_PARTS] : RIGHTS;
  const rights = needed.map(([, holds], index) => `(${holds}) as right${index}`).join(', ');
  const table = (name: string, as: string) =>
    `join pg_catalog.pg_class as ${as} on ${as}.relnamespace = space.oid and ${as}.relname = '${name}'`;
  const [row] = await queryRows<Record<string, unknown>>(
    client,
    `select current_user::pg_catalog.text as role, ${rights} from pg_catalog.pg_namespace as space
     ${table('fence', 'fence')} ${table('data_migration', 'migration')} ${table('data_migration_batch', 'batch')} ${table('data_migration_scope', 'part')}
     where space.nspname = 'onward'`,
  );
  if (!row) throw noLedger();
  const missing = needed.filter((_, index) => row[`right${index}`] !== true).map(([right]) => right);
  if (missing.length > 0) throw missingRight(String(row.role), missing);
}

/**
 * Within the transaction of a batch: proves that the epoch is still the highest and that the row is still ours, and keeps both so until the
 * transaction ends. Gives what the operator asked for, and the cursor.
 */
export async function lockClaim(
  client: SqlClient,
  { id, deployment, epoch, holder, scope }: Claim,
): Promise<{ readonly wanted: 'pause' | 'cancel' | null; readonly cursor: readonly string[] | null }> {
  const fence = await queryRows(
    client,
    'select 1 as held from onward.fence where deployment = $1 and epoch = $2 for share',
    [deployment, epoch],
  );
  if (fence.length === 0) throw staleEpoch(id, epoch);
  const [row] = await queryRows<{ wanted: 'pause' | 'cancel' | null; cursor: readonly string[] | null }>(
    client,
    'select wanted, cursor from onward.data_migration where id = $1 and holder = $2 for update',
    [id, holder],
  );
  if (!row) throw takenOver(id);
  if (!scope) return row;
  const [part] = await queryRows<{ cursor: readonly string[] | null }>(
    client,
    'select cursor from onward.data_migration_scope where data_migration = $1 and kind = $2 and value = $3',
    [id, scope.kind, scope.value],
  );
  return { wanted: row.wanted, cursor: part?.cursor ?? null };
}

export interface DoneBatch {
  readonly after: readonly string[] | undefined;
  readonly upTo: readonly string[];
  readonly scanned: number;
  readonly changed: number;
}

/** Cursor, counters and the record of a batch, in its own transaction. Gives the totals. */
export async function recordBatch(client: SqlClient, claim: Claim, done: DoneBatch): Promise<Counters> {
  const { id, holder, epoch, scope } = claim;
  const { scanned, changed, after, upTo } = done;
  const key = JSON.stringify(upTo);
  const [totals] = await queryRows<Counters>(
    client,
    `with migration as (
       update onward.data_migration
       set cursor = coalesce($3::jsonb, cursor), scanned = scanned + $4, changed = changed + $5, batches = batches + 1,
           passed = passed + $4, waiting_for = null, waiting_since = null, updated_at = pg_catalog.clock_timestamp()
       where id = $1 and holder = $2 returning id, scanned, changed, failed, batches
     ), recorded as (
       insert into onward.data_migration_batch (data_migration, batch, lower_key, upper_key, scanned, changed, epoch, started_at)
       select id, batches, $6::jsonb, $7::jsonb, $4, $5, $8, pg_catalog.now() from migration
     )
     select ${COUNTERS} from migration`,
    [id, holder, scope ? null : key, scanned, changed, after ? JSON.stringify(after) : null, key, epoch],
  );
  if (!totals) throw takenOver(id);
  if (scope) await recordPart(client, { id, scope, key, scanned, changed });
  return totals;
}

async function recordPart(
  client: SqlClient,
  part: {
    readonly id: string;
    readonly scope: Scope;
    readonly key: string;
    readonly scanned: number;
    readonly changed: number;
  },
): Promise<void> {
  const { id, scope, key, scanned, changed } = part;
  await client.query(
    `insert into onward.data_migration_scope as part (data_migration, kind, value, status, cursor, scanned, changed, batches)
     values ($1, $2, $3, 'running', $4::jsonb, $5, $6, 1)
     on conflict (data_migration, kind, value) do update
     set status = 'running', cursor = excluded.cursor, scanned = part.scanned + excluded.scanned,
         changed = part.changed + excluded.changed, batches = part.batches + 1`,
    [id, scope.kind, scope.value, key, scanned, changed],
  );
}

/** Counts a batch that was rolled back, and says what the next one waits for. Gives the totals. */
export async function noteRefusal(client: SqlClient, { id, holder }: Claim, waitingFor: string): Promise<Counters> {
  const [totals] = await queryRows<Counters>(
    client,
    `update onward.data_migration
     set failed = failed + 1, waiting_for = $3, updated_at = pg_catalog.clock_timestamp(),
         waiting_since = case when waiting_for is not distinct from $3 then waiting_since else pg_catalog.clock_timestamp() end
     where id = $1 and holder = $2 returning ${COUNTERS}`,
    [id, holder, waitingFor],
  );
  if (!totals) throw takenOver(id);
  return totals;
}

/** What is on record; nothing yet is `pending`. */
export async function loadStatus(client: SqlClient, id: string): Promise<Status> {
  const [row] = await queryRows<Status>(
    client,
    `select status, last_error as error, ${COUNTERS} from onward.data_migration where id = $1`,
    [id],
  );
  return row ?? { status: 'pending', error: null, scanned: 0, changed: 0, failed: 0, batches: 0 };
}

/** A run sees it before its next batch. Gives the status from now on. */
export async function requestWish(client: SqlClient, id: string, wish: 'pause' | 'resume'): Promise<string> {
  await client.query(
    `update onward.data_migration
     set wanted = case when $2 = 'pause' and status = 'running' then 'pause' end,
         status = case when $2 = 'resume' and status = 'paused' then 'pending'
                       when $2 = 'pause' and status in ('pending', 'failed') then 'paused' else status end,
         updated_at = pg_catalog.clock_timestamp()
     where id = $1 and wanted is distinct from 'cancel'`,
    [id, wish],
  );
  return (await loadStatus(client, id)).status;
}
