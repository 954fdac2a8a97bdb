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

/** A row without the names of its fields: there are thousands of columns, and naming every field of them would take most of the time. */
export interface PackedColumnRow {
  readonly row: readonly unknown[];
}

/** Columns of tables and views, and attributes of composite types. */
export const columns: CatalogQuery = (context) => `
select pg_catalog.json_build_array(a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
  a.attnotnull, ${since18(context, 'coalesce(nn.convalidated, true)', 'true')},
  case when a.atthasdef then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end, a.attidentity, a.attgenerated,
  case when a.attcollation <> t.typcollation then (
    select pg_catalog.json_build_array(n.nspname, co.collname)
    from pg_catalog.pg_collation co join pg_catalog.pg_namespace n on n.oid = co.collnamespace where co.oid = a.attcollation) end,
  case when a.attstorage <> t.typstorage then a.attstorage end, nullif(a.attcompression, '')) as row
from rel c
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
${since18(context, "left join pg_catalog.pg_constraint nn on nn.contype = 'n' and nn.conrelid = a.attrelid and nn.conkey[1] = a.attnum", '')}
where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
order by a.attrelid, a.attnum`;

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

export function unpackColumn({ row }: PackedColumnRow): ColumnRow {
  return Object.fromEntries(FIELDS.map((field, place) => [field, row[place]])) as unknown as ColumnRow;
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
