import { type CatalogQuery, type Oid, since15, since18 } from './part.ts';
import type { NamePair } from './relations.ts';

export interface ConstraintRow {
  readonly oid: Oid;
  /** Of the table; 0 for a domain's. */
  readonly relation: Oid;
  /** Of the domain; 0 for a table's. */
  readonly domain: Oid;
  readonly name: string;
  readonly kind: 'p' | 'u' | 'f' | 'c' | 'x';
  readonly columns: readonly number[] | null;
  readonly definition: string;
  readonly is_validated: boolean;
  readonly is_enforced: boolean;
  readonly is_deferrable: boolean;
  readonly is_deferred: boolean;
  readonly referenced: NamePair | null;
  readonly referenced_columns: readonly string[] | null;
  readonly on_delete: ActionCode;
  readonly on_update: ActionCode;
}

export type ActionCode = ' ' | 'a' | 'r' | 'c' | 'n' | 'd';

/** Without those that a partition or a child table has from its parent. */
export const constraints: CatalogQuery = (context) => `
select k.oid, k.conrelid as relation, k.contypid as domain, k.conname as name, k.contype as kind, k.conkey as columns,
  coalesce(pg_catalog.pg_get_constraintdef(k.oid), '') as definition, k.convalidated as is_validated,
  ${since18(context, 'k.conenforced', 'true')} as is_enforced, k.condeferrable as is_deferrable, k.condeferred as is_deferred,
  case when k.contype = 'f' then pg_catalog.json_build_array(fn.nspname, f.relname) end as referenced,
  case when k.contype = 'f' then (
    select pg_catalog.json_agg(a.attname order by u.place)
    from pg_catalog.unnest(k.confkey) with ordinality u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
  ) end as referenced_columns,
  k.confdeltype as on_delete, k.confupdtype as on_update
from pg_catalog.pg_constraint k
left join rel c on c.oid = k.conrelid
left join pg_catalog.pg_class f on f.oid = k.confrelid
left join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
where k.contype in ('p', 'u', 'f', 'c', 'x') and k.conparentid = 0
  and (c.oid is not null and k.conislocal
    or k.contypid in (select t.oid from pg_catalog.pg_type t join ns n on n.oid = t.typnamespace where t.typtype = 'd'))
order by k.conrelid, k.contypid, k.conname`;

export interface IndexRow {
  readonly oid: Oid;
  readonly relation: Oid;
  readonly schema: string;
  readonly name: string;
  readonly method: string;
  readonly definition: string;
  /** How long the definition is up to the method. */
  readonly prefix: number;
  readonly is_unique: boolean;
  readonly is_valid: boolean;
  readonly has_nulls_not_distinct: boolean;
  /** Numbers of the table's columns; 0 is an expression. */
  readonly columns: readonly number[];
  readonly key_count: number;
  readonly expressions: string | null;
  readonly predicate: string | null;
  readonly constraint: string | null;
  readonly part_of: NamePair | null;
}

export const indexes: CatalogQuery = (context) => `
select i.indexrelid as oid, i.indrelid as relation, c.nspname as schema, x.relname as name, am.amname as method,
  coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), '') as definition,
  pg_catalog.length(pg_catalog.concat('CREATE ', case when i.indisunique then 'UNIQUE ' end, 'INDEX ', pg_catalog.quote_ident(x.relname), ' ON ',
    case when x.relkind = 'I' then 'ONLY ' end, pg_catalog.quote_ident(c.nspname), '.', pg_catalog.quote_ident(c.relname), ' USING ')) as prefix,
  i.indisunique as is_unique, i.indisvalid as is_valid,
  ${since15(context, 'i.indnullsnotdistinct', 'false')} as has_nulls_not_distinct,
  i.indkey::pg_catalog.int2[] as columns, i.indnkeyatts as key_count,
  pg_catalog.pg_get_expr(i.indexprs, i.indrelid) as expressions, pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
  k.conname as constraint, case when p.relname is not null then pg_catalog.json_build_array(c.nspname, p.relname) end as part_of
from rel c
join pg_catalog.pg_index i on i.indrelid = c.oid
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_am am on am.oid = x.relam
left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
left join pg_catalog.pg_inherits h on h.inhrelid = i.indexrelid
left join pg_catalog.pg_class p on p.oid = h.inhparent
where c.relkind in ('r', 'p', 'f', 'm')
order by i.indrelid, x.relname`;
