import { type CatalogQuery, type Oid, since18 } from './part.ts';
import type { NamePair } from './relations.ts';

export interface ColumnRow {
  readonly relation: Oid;
  readonly number: number;
  readonly name: string;
  readonly type: Oid;
  readonly modifier: number;
  readonly is_not_null: boolean;
  readonly is_validated: boolean;
  readonly expression: string | null;
  readonly identity: '' | 'a' | 'd';
  readonly generated: '' | 's' | 'v';
  readonly collation: NamePair | null;
  readonly storage: 'p' | 'e' | 'm' | 'x' | null;
  readonly compression: 'p' | 'l' | null;
}

const FIELDS: readonly (keyof ColumnRow)[] = [
  'relation',
  'number',
  'name',
  'type',
  'modifier',
  'is_not_null',
  'is_validated',
  'expression',
  'identity',
  'generated',
  'collation',
  'storage',
  'compression',
];

/** All rows, field by field: there are thousands of columns, and a JSON object for each of them would take most of the time. */
export type PackedColumns = { readonly [field in keyof ColumnRow]: readonly ColumnRow[field][] | null };

/** Columns of tables and views, and attributes of composite types. */
export const columns: CatalogQuery = (context) => `
select ${FIELDS.map((field) => `pg_catalog.json_agg(f.${field}) as ${field}`).join(', ')}
from (
  select a.attrelid as relation, a.attnum as number, a.attname as name, a.atttypid as type, a.atttypmod as modifier,
    a.attnotnull as is_not_null, ${since18(context, 'coalesce(nn.convalidated, true)', 'true')} as is_validated,
    case when a.atthasdef then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as expression,
    a.attidentity as identity, a.attgenerated as generated,
    case when a.attcollation <> t.typcollation then (
      select pg_catalog.json_build_array(n.nspname, co.collname)
      from pg_catalog.pg_collation co join pg_catalog.pg_namespace n on n.oid = co.collnamespace where co.oid = a.attcollation
    ) end as collation,
    case when a.attstorage <> t.typstorage then a.attstorage end as storage, nullif(a.attcompression, '') as compression
  from rel c
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  ${since18(context, "left join pg_catalog.pg_constraint nn on nn.contype = 'n' and nn.conrelid = a.attrelid and nn.conkey[1] = a.attnum", '')}
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
  order by a.attrelid, a.attnum
) f`;

export function unpackColumns(packed: PackedColumns | undefined): readonly ColumnRow[] {
  return (packed?.relation ?? []).map((_, place) => {
    const row: { [field: string]: unknown } = {};
    for (const field of FIELDS) row[field] = packed?.[field]?.[place];
    return row as unknown as ColumnRow;
  });
}

/** A type with a modifier, as some column has it. */
export interface ColumnTypeRow {
  readonly type: Oid;
  readonly modifier: number;
  readonly text: string;
  readonly name: NamePair;
  /** What a domain is made of in the end. */
  readonly wire: NamePair | null;
}

export const columnTypes: CatalogQuery = () => `
select u.atttypid as type, u.atttypmod as modifier, pg_catalog.format_type(u.atttypid, u.atttypmod) as text,
  pg_catalog.json_build_array(n.nspname, t.typname) as name,
  case when w.oid is not null then pg_catalog.json_build_array(w.nspname, w.typname) end as wire
from (
  select distinct a.atttypid, a.atttypmod from rel c
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) u
join pg_catalog.pg_type t on t.oid = u.atttypid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join wire w on w.oid = t.oid`;
