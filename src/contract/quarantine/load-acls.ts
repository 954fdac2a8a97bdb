import type { DoomedObject } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import type { AclEntry, TableAcl } from './acl.ts';

/** Of a relation `c`. */
const PRIVILEGES = `
  (select coalesce(jsonb_agg(jsonb_build_array(a.attname, a.attnum) order by a.attnum), '[]')
   from pg_catalog.pg_attribute a where a.attrelid = c.oid and not a.attisdropped) as attributes,
  (select coalesce(jsonb_agg(jsonb_build_object('column', g."column", 'privilege', e.privilege_type, 'isGrantable', e.is_grantable,
            'grantor', pg_catalog.pg_get_userbyid(e.grantor), 'grantee', case when e.grantee <> 0 then pg_catalog.pg_get_userbyid(e.grantee) end)
            order by g."column" nulls first, e.privilege_type, e.grantor, e.grantee), '[]')
   from (select null::pg_catalog.name as "column", coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner)) as acl
         union all
         select a.attname, a.attacl from pg_catalog.pg_attribute a where a.attrelid = c.oid and not a.attisdropped and a.attacl is not null) g
   cross join lateral pg_catalog.aclexplode(g.acl) e) as entries`;

const LOAD_SQL = `
with recursive doomed as (
  select c.oid, d."column", d.kind
  from pg_catalog.jsonb_to_recordset($1::jsonb) as d (kind text, schema text, "table" text, "column" text)
  join pg_catalog.pg_namespace n on n.nspname = d.schema
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = d."table" and c.relkind in ('r', 'p', 'f')
), family as (
  select oid, "column", kind from doomed
  union
  select i.inhrelid, f."column", f.kind
  from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid join pg_catalog.pg_class c on c.oid = i.inhrelid
  where f.kind = 'column' or c.relispartition
), tables as (
  select oid, pg_catalog.bool_or(kind = 'table') as is_whole, pg_catalog.array_agg("column") filter (where kind = 'column') as columns
  from family group by oid
)
select c.oid::pg_catalog.int8 as oid, n.nspname as schema, c.relname as "table", pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
  t.is_whole, to_jsonb(t.columns) as doomed,${PRIVILEGES}
from tables t join pg_catalog.pg_class c on c.oid = t.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by c.oid`;

interface Row {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly owner: string;
  readonly is_whole: boolean;
  readonly doomed: readonly string[] | null;
  readonly attributes: readonly (readonly [string, number])[];
  readonly entries: readonly AclEntry[];
}

/**
 * The privileges on what goes, and on its partitions and, for a column, the tables that inherit it. A table whose privileges were never
 * touched has those that its owner has by default. Tables and columns that are not there are left out.
 */
export async function loadAcls(session: Session, doomed: readonly DoomedObject[]): Promise<readonly TableAcl[]> {
  const { rows } = await session.query<Row>(LOAD_SQL, [JSON.stringify(doomed)]);
  return rows.map((row) => {
    const names = (isOwn: (position: number) => boolean) =>
      row.attributes.filter(([, position]) => isOwn(position)).map(([name]) => name);
    const columns = names((position) => position > 0);
    return {
      oid: Number(row.oid),
      schema: row.schema,
      table: row.table,
      owner: row.owner,
      columns,
      systemColumns: names((position) => position < 0),
      doomed: row.is_whole ? null : (row.doomed ?? []).filter((column) => columns.includes(column)),
      entries: row.entries,
    };
  });
}

export interface TableEntries {
  readonly columns: readonly string[];
  readonly entries: readonly AclEntry[];
}

/** By table, for those that are there. */
export async function loadEntries(
  session: Session,
  oids: readonly number[],
): Promise<ReadonlyMap<number, TableEntries>> {
  const { rows } = await session.query<Pick<Row, 'oid' | 'attributes' | 'entries'>>(
    `select c.oid::pg_catalog.int8 as oid,${PRIVILEGES} from pg_catalog.pg_class c where c.oid = any ($1::pg_catalog.oid[])`,
    [oids],
  );
  return new Map(
    rows.map(({ oid, attributes, entries }) => [Number(oid), { columns: attributes.map(([name]) => name), entries }]),
  );
}

/** What is to be removed and is not there. */
export function missingObjects(doomed: readonly DoomedObject[], acls: readonly TableAcl[]): readonly DoomedObject[] {
  return doomed.filter(({ schema, table, column }) => {
    const acl = acls.find((found) => found.schema === schema && found.table === table);
    return !acl || (column !== undefined && !acl.columns.includes(column));
  });
}
