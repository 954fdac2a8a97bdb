import type { Session } from '../../../system/index.ts';

export interface TableInfo {
  readonly schema: string;
  readonly name: string;
  readonly isView: boolean;
  readonly columns: readonly ColumnInfo[];
}

export interface ColumnInfo {
  readonly name: string;
  /** As `format_type` writes it, of a domain the type below it; without length. */
  readonly type: string;
  /** Longest text, where the type has a limit. */
  readonly maxLength: number | undefined;
  /** Labels of an enum, in order. */
  readonly labels: readonly string[];
  readonly isNotNull: boolean;
  readonly isGenerated: boolean;
  /** Part of a unique index. */
  readonly isUnique: boolean;
  /** `schema.table.column` that a foreign key points at. */
  readonly references: string | undefined;
}

/** The tables and views of a database with what a value for one of their columns has to observe, by `schema.name`. */
export async function loadTables(session: Session): Promise<ReadonlyMap<string, TableInfo>> {
  const { rows } = await session.query<ColumnInfo & { schema: string; table: string; isView: boolean }>(COLUMNS);
  const tables = new Map<string, TableInfo & { readonly columns: ColumnInfo[] }>();
  for (const { schema, table, isView, ...column } of rows) {
    const id = `${schema}.${table}`;
    const known = tables.get(id) ?? { schema, name: table, isView, columns: [] };
    tables.set(id, known);
    known.columns.push({
      ...column,
      maxLength: column.maxLength ?? undefined,
      references: column.references ?? undefined,
    });
  }
  return tables;
}

const COLUMNS = `
  select n.nspname as schema, c.relname as "table", c.relkind = 'v' as "isView", a.attname as name,
         pg_catalog.format_type(b.oid, null) as type,
         case when b.typname in ('varchar', 'bpchar') and m.modifier > 4 then m.modifier - 4 end as "maxLength",
         coalesce((select pg_catalog.array_agg(e.enumlabel::pg_catalog.text order by e.enumsortorder)
                     from pg_catalog.pg_enum e where e.enumtypid = b.oid), '{}') as labels,
         a.attnotnull or t.typnotnull as "isNotNull",
         a.attgenerated <> '' as "isGenerated",
         exists (select from pg_catalog.pg_index i
                  where i.indrelid = c.oid and i.indisunique and a.attnum = any (i.indkey)) as "isUnique",
         (select pg_catalog.concat_ws('.', fn.nspname, fc.relname, fa.attname)
            from pg_catalog.pg_constraint k
            join pg_catalog.pg_class fc on fc.oid = k.confrelid
            join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
            join pg_catalog.pg_attribute fa
              on fa.attrelid = fc.oid and fa.attnum = k.confkey[pg_catalog.array_position(k.conkey, a.attnum)]
           where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey) limit 1) as "references"
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    join pg_catalog.pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
   cross join lateral (select case when t.typtype = 'd' then t.typtypmod else a.atttypmod end) m(modifier)
   where c.relkind in ('r', 'p', 'v') and n.nspname not in ('pg_catalog', 'information_schema', 'onward')
     and n.nspname not like 'pg\\_%'
   order by n.nspname, c.relname, a.attnum`;
