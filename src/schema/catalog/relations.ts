import type { CatalogQuery, Oid } from './part.ts';

/** A schema and a name, which become a qualified name. */
export type NamePair = readonly [schema: string, name: string];

export interface RelationRow {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly kind: 'r' | 'p' | 'f' | 'v' | 'm';
  readonly is_unlogged: boolean;
  readonly partition_key: string | null;
  readonly is_partition: boolean;
  readonly bound: string | null;
  readonly parents: readonly NamePair[] | null;
  readonly has_row_security: boolean;
  readonly forces_row_security: boolean;
  readonly replica_identity: 'd' | 'n' | 'f' | 'i';
  readonly replica_index: string | null;
  readonly options: readonly string[] | null;
  readonly toast_options: readonly string[] | null;
  readonly access_method: string | null;
  readonly is_populated: boolean;
  /** Of a view. */
  readonly definition: string | null;
}

export const relations: CatalogQuery = () => `
select c.oid, c.nspname as schema, c.relname as name, pg_catalog.pg_get_userbyid(c.relowner) as owner, c.relkind as kind, c.relpersistence = 'u' as is_unlogged,
  case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as partition_key,
  c.relispartition as is_partition,
  case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end as bound,
  h.parents, c.relrowsecurity as has_row_security, c.relforcerowsecurity as forces_row_security,
  c.relreplident as replica_identity, r.relname as replica_index,
  c.reloptions as options, t.reloptions as toast_options,
  am.amname as access_method, c.relispopulated as is_populated,
  case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end as definition
from rel c
left join (
  select i.inhrelid, pg_catalog.json_agg(pg_catalog.json_build_array(pn.nspname, p.relname) order by i.inhseqno) as parents
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class p on p.oid = i.inhparent
  join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
  where p.relkind in ('r', 'p', 'f')
  group by i.inhrelid
) h on h.inhrelid = c.oid
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
left join pg_catalog.pg_am am on am.oid = c.relam
left join pg_catalog.pg_index x on x.indrelid = c.oid and x.indisreplident
left join pg_catalog.pg_class r on r.oid = x.indexrelid
where c.relkind in ('r', 'p', 'f', 'v', 'm')
order by c.nspname, c.relname`;

export interface SequenceRow {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly type: string;
  readonly start: string;
  readonly increment: string;
  readonly minimum: string;
  readonly maximum: string;
  readonly cache: string;
  readonly is_cycled: boolean;
  readonly is_unlogged: boolean;
  readonly owner_schema: string | null;
  readonly owner_table: string | null;
  readonly owner_column: string | null;
  readonly is_identity: boolean;
}

export const sequences: CatalogQuery = () => `
select c.oid, c.nspname as schema, c.relname as name, pg_catalog.pg_get_userbyid(c.relowner) as owner,
  pg_catalog.format_type(s.seqtypid, null) as type,
  s.seqstart::text as start, s.seqincrement::text as increment, s.seqmin::text as minimum, s.seqmax::text as maximum,
  s.seqcache::text as cache, s.seqcycle as is_cycled, c.relpersistence = 'u' as is_unlogged,
  o.nspname as owner_schema, o.relname as owner_table, o.attname as owner_column, coalesce(o.deptype = 'i', false) as is_identity
from rel c
join pg_catalog.pg_sequence s on s.seqrelid = c.oid
left join (
  select d.objid, d.deptype, n.nspname, t.relname, a.attname
  from pg_catalog.pg_depend d
  join pg_catalog.pg_class t on t.oid = d.refobjid
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.objsubid = 0 and d.refobjsubid > 0 and d.deptype in ('a', 'i')
) o on o.objid = c.oid
where c.relkind = 'S'
order by c.nspname, c.relname`;

export interface NamespaceRow {
  readonly oid: Oid;
  readonly name: string;
  readonly owner: string;
}

export const namespaces: CatalogQuery = () => `
select n.oid, n.nspname as name, pg_catalog.pg_get_userbyid(n.nspowner) as owner from ns n
where not exists (select from member m where m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and m.objid = n.oid)
order by n.nspname`;

export interface ExtensionRow {
  readonly name: string;
  readonly version: string;
  readonly schema: string;
}

export const extensions: CatalogQuery = () => `
select e.extname as name, e.extversion as version, n.nspname as schema
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
order by e.extname`;

export interface StatisticsRow {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly table_schema: string;
  readonly table_name: string;
  readonly definition: string;
}

export const statistics: CatalogQuery = () => `
select s.oid, n.nspname as schema, s.stxname as name, c.nspname as table_schema, c.relname as table_name,
  coalesce(pg_catalog.pg_get_statisticsobjdef(s.oid), '') as definition
from pg_catalog.pg_statistic_ext s
join ns n on n.oid = s.stxnamespace
join rel c on c.oid = s.stxrelid
where not exists (select from member m where m.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and m.objid = s.oid)
order by n.nspname, s.stxname`;
