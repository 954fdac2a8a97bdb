import {
  conflicts,
  type LockMode,
  type LockTarget,
  quoteName,
  quoteTextArray,
  type RelationName,
} from '../sql/index.ts';
import type { Session } from '../system/index.ts';
import type { Blocker } from './blockers.ts';

/**
 * Who holds a lock on the relations that the targets reach. $1 to $4 are the targets' names, modes, scopes and details. A prepared
 * transaction has no process; its lock on its own transaction number tells which one it is.
 */
const WANTED = `
with recursive target(oid, mode, scope, detail, type) as materialized (
  select pg_catalog.to_regclass(n)::oid, m, s, d, case when s = 'type' then pg_catalog.to_regtype(n)::oid end
  from unnest($1, $2, $3, $4) as t(n, m, s, d)
), tree(oid, mode, scope, detail) as (
  select oid, mode, scope, detail from target
  where oid is not null and scope not in ('index', 'default', 'references', 'referencing', 'type')
  union
  select reached.oid, t.mode, reached.scope, t.detail from tree t cross join lateral (
    select i.inhrelid, t.scope from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = t.oid and (t.scope in ('tree', 'cascade') or (t.scope in ('partitions', 'drop') and c.relispartition))
    union all
    select c.conrelid, 'cascaded' from pg_catalog.pg_constraint c
    where c.confrelid = t.oid and c.contype = 'f' and t.scope in ('cascade', 'cascaded')
  ) as reached(oid, scope)
), wanted(oid, mode) as (
  select oid, mode from tree
  union select part.oid, t.mode from target t join pg_catalog.pg_index i on i.indexrelid = t.oid cross join lateral (
    select i.indrelid union select relid from pg_catalog.pg_partition_tree(i.indrelid)) as part(oid) where t.scope = 'index'
  union select p.partdefid, t.mode from target t join pg_catalog.pg_partitioned_table p on p.partrelid = t.oid
    where t.scope = 'default' and p.partdefid <> 0
  union select unnest(array[i.inhparent, p.partdefid]), t.mode from target t join pg_catalog.pg_inherits i on i.inhrelid = t.oid
    join pg_catalog.pg_partitioned_table p on p.partrelid = i.inhparent where t.scope = 'drop'
  union select part.oid, t.mode from target t join pg_catalog.pg_constraint c on c.conrelid = t.oid and c.contype = 'f'
    cross join lateral (select c.confrelid union
      select relid from pg_catalog.pg_partition_tree(c.confrelid) where t.scope in ('constraint', 'column')) as part(oid)
    where (t.scope = 'drop' and c.conparentid = 0) or t.scope = 'references'
      or (t.scope = 'constraint' and c.conname = t.detail) or (t.scope = 'column' and exists (
      select from pg_catalog.pg_attribute a where a.attrelid = t.oid and a.attnum = any (c.conkey) and a.attname = t.detail))
  union select c.conrelid, t.mode from tree t join pg_catalog.pg_constraint c on c.confrelid = t.oid and c.contype = 'f'
    where t.scope = 'drop'
  union select c.conrelid, t.mode from target t join pg_catalog.pg_constraint c on c.confrelid = t.oid and c.contype = 'f'
    where t.scope = 'referencing'
  union select a.attrelid, t.mode from target t join pg_catalog.pg_attribute a on a.atttypid = t.type
    join pg_catalog.pg_class r on r.oid = a.attrelid and r.relkind in ('r', 'p', 'm') where t.scope = 'type'
)`;

const HOLDERS = `${WANTED}
select w.oid::pg_catalog.regclass::text as relation, w.mode as wanted, l.mode as held, l.pid, l.virtualtransaction as transaction,
       coalesce(a.application_name, '') as application, coalesce(a.usename, p.owner, '') as "user", coalesce(a.state, '') as state,
       coalesce(p.gid, a.query, '') as query, p.gid is not null as is_prepared, a.backend_type = 'autovacuum worker' as is_autovacuum,
       extract(epoch from pg_catalog.clock_timestamp() - coalesce(a.xact_start, p.prepared)) * 1000 as age_ms
from wanted w
join pg_catalog.pg_locks l on l.locktype = 'relation' and l.relation = w.oid and l.granted
  and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
left join pg_catalog.pg_locks x on l.pid is null and x.pid is null and x.locktype = 'transactionid' and x.virtualtransaction = l.virtualtransaction
left join pg_catalog.pg_prepared_xacts p on p.transaction = x.transactionid`;

interface HolderRow {
  readonly relation: string;
  readonly wanted: LockMode;
  readonly held: string;
  readonly pid: number | null;
  readonly transaction: string;
  readonly application: string;
  readonly user: string;
  readonly state: string;
  readonly query: string;
  readonly is_prepared: boolean;
  readonly is_autovacuum: boolean | null;
  readonly age_ms: string | null;
}

/** Creates the look-up on a session that is never reset: the query is planned once. */
export async function prepareHolders(session: Session): Promise<void> {
  await session.query(`prepare onward_holders(text[], text[], text[], text[]) as ${HOLDERS}`);
}

export interface FindHoldersOptions {
  /** Sessions of this run. */
  readonly ownPids: readonly number[];
  /** The session has had `prepareHolders`. */
  readonly isPrepared: boolean;
}

/** Who holds, at this moment, a lock that conflicts with one of the targets; each transaction once per relation. */
export async function findHolders(
  session: Session,
  targets: readonly LockTarget[],
  options: FindHoldersOptions,
): Promise<readonly Blocker[]> {
  const values = renderTargets(targets);
  const sql = options.isPrepared ? `execute onward_holders(${values})` : HOLDERS.replace(PARAMETERS, values);
  const { rows } = await session.query<HolderRow>(sql);
  const blockers = new Map<string, Blocker>();
  for (const row of rows) {
    if (row.pid !== null && options.ownPids.includes(row.pid)) continue;
    if (conflicts(row.wanted, row.held)) blockers.set(`${row.transaction} ${row.relation}`, toBlocker(row));
  }
  return [...blockers.values()];
}

/** The relations that the targets reach, as the server resolves them now. */
export async function loadReach(
  session: Session,
  targets: readonly LockTarget[],
): Promise<readonly { readonly relation: string; readonly mode: LockMode }[]> {
  const { rows } = await session.query<{ relation: string; mode: LockMode }>(
    `${WANTED.replace(PARAMETERS, renderTargets(targets))} select oid::pg_catalog.regclass::text as relation, mode from wanted`,
  );
  return rows;
}

const PARAMETERS = '$1, $2, $3, $4';

function renderTargets(targets: readonly LockTarget[]): string {
  const columns = [
    targets.map(({ relation }) => quoteRelation(relation)),
    targets.map(({ mode }) => mode),
    targets.map(({ scope }) => scope),
    targets.map(({ detail }) => detail ?? ''),
  ];
  return columns.map((values) => quoteTextArray(values)).join(', ');
}

function toBlocker(row: HolderRow): Blocker {
  const isVacuum = row.is_autovacuum === true;
  return {
    pid: row.pid ?? undefined,
    transaction: row.transaction,
    relation: row.relation,
    heldMode: row.held,
    application: isVacuum ? 'autovacuum' : row.application,
    user: row.user,
    state: row.state,
    ageMs: row.age_ms === null ? undefined : Number(row.age_ms),
    query: row.query,
    kind: row.is_prepared
      ? 'prepared'
      : isVacuum
        ? row.query.includes('to prevent wraparound')
          ? 'wraparound-vacuum'
          : 'autovacuum'
        : 'session',
  };
}

export function quoteRelation({ schema, name }: RelationName): string {
  return schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}
