import { type CatalogQuery, type Oid, since18 } from './part.ts';

export interface ColumnRow {
  readonly relation: Oid;
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly type_schema: string;
  readonly type_name: string;
  readonly wire_schema: string | null;
  readonly wire_name: string | null;
  readonly is_not_null: boolean;
  readonly is_validated: boolean;
  readonly expression: string | null;
  readonly identity: '' | 'a' | 'd';
  readonly generated: '' | 's' | 'v';
  readonly collation_schema: string | null;
  readonly collation: string | null;
  readonly storage: 'p' | 'e' | 'm' | 'x' | null;
  readonly compression: 'p' | 'l' | null;
}

/** Columns of tables and views, and attributes of composite types. A domain is followed down to what it is made of. */
export const columns: CatalogQuery = (context) => `
select a.attrelid as relation, a.attnum as number, a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
  tn.nspname as type_schema, t.typname as type_name, w.nspname as wire_schema, w.typname as wire_name,
  a.attnotnull as is_not_null, ${since18(context, 'coalesce(nn.convalidated, true)', 'true')} as is_validated,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) as expression, a.attidentity as identity, a.attgenerated as generated,
  case when co.oid is not null then con.nspname end as collation_schema, co.collname as collation,
  case when a.attstorage <> t.typstorage then a.attstorage end as storage, nullif(a.attcompression, '') as compression
from rel c
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
left join wire w on w.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_collation co on co.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_catalog.pg_namespace con on con.oid = co.collnamespace
${since18(context, "left join pg_catalog.pg_constraint nn on nn.contype = 'n' and nn.conrelid = a.attrelid and nn.conkey[1] = a.attnum", '')}
where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
order by a.attrelid, a.attnum`;
