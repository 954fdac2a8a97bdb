import type { Session } from '../../system/index.ts';
import { takenOver } from '../errors.ts';
import type { Claim } from '../state.ts';
import type { KeyValue } from '../table-key.ts';
import type { Part, ScopeChoice } from './part.ts';

/** How far one part is. */
export interface PartStatus {
  readonly kind: string;
  readonly value: string;
  readonly status: 'pending' | 'running' | 'completed';
  readonly scanned: number;
  readonly changed: number;
  readonly batches: number;
}

/** The parts on record: how many, and the first of those, unfinished ones before finished ones. */
export interface PartsStatus {
  readonly total: number;
  readonly completed: number;
  readonly list: readonly PartStatus[];
}

const MOST_LISTED = 20;

/** Notes parts that are new, and gives those that are not complete, in their order. */
export async function notePending<T extends { readonly part?: ScopeChoice }>(
  session: Session,
  id: string,
  parts: readonly T[],
): Promise<readonly T[]> {
  const values = parts.flatMap(({ part }) => part?.value ?? []);
  const [kind = ''] = parts.flatMap(({ part }) => part?.kind ?? []);
  await session.query(
    `insert into onward.data_migration_scope (data_migration, kind, value)
     select $1, $2, part.value from pg_catalog.unnest($3::pg_catalog.text[]) with ordinality as part (value, position)
     order by part.position on conflict do nothing`,
    [id, kind, values],
  );
  const { rows } = await session.query<{ kind: string; value: string }>(
    `select kind, value from onward.data_migration_scope where data_migration = $1 and status <> 'completed' order by position`,
    [id],
  );
  return rows.flatMap(({ kind, value }) => parts.find(({ part }) => part?.kind === kind && part.value === value) ?? []);
}

/** Where a part goes on; the row stays locked until the transaction ends. */
export async function lockPartCursor(session: Session, id: string, part: Part): Promise<KeyValue | undefined> {
  const { rows } = await session.query<{ cursor: KeyValue | null }>(
    'select cursor from onward.data_migration_scope where data_migration = $1 and kind = $2 and value = $3 for update',
    [id, part.kind, part.value],
  );
  return rows[0]?.cursor ?? undefined;
}

/** One batch of a part, in its transaction. */
export async function recordPartBatch(
  session: Session,
  id: string,
  done: { readonly part: Part; readonly upTo: KeyValue; readonly scanned: number; readonly changed: number },
): Promise<void> {
  const { part, upTo, scanned, changed } = done;
  await session.query(
    `update onward.data_migration_scope
     set status = 'running', cursor = $4::jsonb, scanned = scanned + $5, changed = changed + $6, batches = batches + 1
     where data_migration = $1 and kind = $2 and value = $3`,
    [id, part.kind, part.value, JSON.stringify(upTo), scanned, changed],
  );
}

/** What somebody else counted in a part, who keeps no counters here. */
export async function addToPart(
  session: Session,
  id: string,
  done: { readonly part: ScopeChoice; readonly scanned: number; readonly changed: number; readonly batches: number },
): Promise<void> {
  const { part, scanned, changed, batches } = done;
  await session.query(
    `update onward.data_migration_scope set scanned = scanned + $4, changed = changed + $5, batches = batches + $6
     where data_migration = $1 and kind = $2 and value = $3`,
    [id, part.kind, part.value, scanned, changed, batches],
  );
}

/** The last key of a part was reached. Throws `data-migrate.taken-over` when another worker has come meanwhile. */
export async function completePart(session: Session, { id, holder }: Claim, part: ScopeChoice): Promise<void> {
  const { count } = await session.query(
    `update onward.data_migration_scope set status = 'completed', finished_at = pg_catalog.clock_timestamp()
     where data_migration = $1 and kind = $2 and value = $3
       and exists (select from onward.data_migration where id = $1 and holder = $4)`,
    [id, part.kind, part.value, holder],
  );
  if (count !== 1) throw takenOver(id);
}

/** Reads the parts on record, twenty at most one by one; `undefined` when there are none. */
export async function observeParts(session: Session, id: string): Promise<PartsStatus | undefined> {
  const { rows: tables } = await session.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.data_migration_scope') is not null as found`,
  );
  if (tables[0]?.found !== true) return undefined;
  const { rows } = await session.query<PartStatus & { total: number; completed: number }>(
    `select kind, value, status, scanned::float8 as scanned, changed::float8 as changed, batches::float8 as batches,
            (pg_catalog.count(*) over ())::float8 as total,
            (pg_catalog.count(*) filter (where status = 'completed') over ())::float8 as completed
     from onward.data_migration_scope where data_migration = $1
     order by status = 'completed', status = 'pending', position limit ${MOST_LISTED}`,
    [id],
  );
  const [first] = rows;
  if (!first) return undefined;
  const list = rows.map(({ total: _, completed: __, ...part }) => part);
  return { total: first.total, completed: first.completed, list };
}
