import { quoteName } from '../sql/index.ts';
import { queryRows, type SqlClient } from './client.ts';
import type { DataMigration } from './define-data-migration.ts';
import { noKey } from './errors.ts';

/** The table of a data migration as SQL. */
export interface Table {
  /** Quoted, with its schema. */
  readonly name: string;
  readonly key: readonly string[];
  /** Type of each column of the key, as SQL. */
  readonly types: readonly string[];
  /** `"tenant" = $1::text::uuid`, for the part that was asked for; `true` when none was. */
  readonly scope: string;
  readonly scopeValues: readonly string[];
  readonly estimatedRows: number | undefined;
}

/** Throws `service.no-key` unless a unique index covers exactly these columns, none of which can be null. */
export async function loadTable(
  client: SqlClient,
  migration: DataMigration,
  scope: string | undefined,
): Promise<Table> {
  const { id, table, key } = migration;
  const named = table.split('.').map(quoteName).join('.');
  const column = scope === undefined ? null : (migration.scope?.column ?? null);
  const [found] = await queryRows<{ name: string; types: string[] | null; part: string | null; estimate: number }>(
    client,
    `select pg_catalog.format('%I.%I', space.nspname, class.relname) as name, class.reltuples::pg_catalog.float8 as estimate,
            (select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
             where attrelid = class.oid and attname = $3) as part,
            (select (select pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by k.position)
                     from pg_catalog.unnest($2::text[]) with ordinality as k (name, position)
                     join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attname = k.name)
             from pg_catalog.pg_index as i
             where i.indrelid = class.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
               and $2::text[] = (select pg_catalog.array_agg(a.attname::text order by k.position)
                                 from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (number, position)
                                 join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
                                 where k.position <= i.indnkeyatts and a.attnotnull)
               and i.indnkeyatts = pg_catalog.cardinality($2::text[])
             limit 1) as types
     from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
     where class.oid = pg_catalog.to_regclass($1) and class.relkind in ('r', 'p')`,
    [named, [...key], column],
  );
  if (!found?.types || (column !== null && found.part === null)) throw noKey(id, table, key);
  const isScoped = scope !== undefined && column !== null;
  return {
    name: found.name,
    key: key.map(quoteName),
    types: found.types,
    scope: isScoped ? `${quoteName(column)} = $1::pg_catalog.text::${found.part}` : 'true',
    scopeValues: isScoped ? [scope] : [],
    estimatedRows: found.estimate < 0 ? undefined : Math.round(found.estimate),
  };
}

export interface Range {
  readonly after: readonly string[] | undefined;
  readonly upTo: readonly string[];
  readonly rows: number;
}

/** The next range behind a key, at most `rows` rows long; `undefined` when no row lies there. */
export async function findRange(
  client: SqlClient,
  table: Table,
  from: { readonly after: readonly string[] | undefined; readonly rows: number },
): Promise<Range | undefined> {
  const { after, rows } = from;
  const columns = table.key.join(', ');
  const behind = after ? `${renderRow(table.key)} > ${renderKey(table, table.scopeValues.length)}` : 'true';
  const asText = table.key.map((column) => `${column}::pg_catalog.text`).join(', ');
  const [found] = await queryRows<{ key: readonly string[]; rows: number }>(
    client,
    `with part as materialized (select ${columns} from ${table.name} where ${table.scope} and ${behind} order by ${columns} limit ${rows})
     select pg_catalog.json_build_array(${asText}) as key, (select pg_catalog.count(*) from part)::pg_catalog.int4 as rows
     from part order by ${table.key.map((column) => `${column} desc`).join(', ')} limit 1`,
    [...table.scopeValues, ...(after ?? [])],
  );
  return found && { after, upTo: found.key, rows: found.rows };
}

/** The condition for the rows of a range that are in the old shape. A line of its own ends a comment in what the vendor wrote. */
export function renderOld(
  table: Table,
  where: string | undefined,
  range: Range,
): { readonly sql: string; readonly values: unknown[] } {
  const { after, upTo } = range;
  const first = table.scopeValues.length;
  const upper = `${renderRow(table.key)} <= ${renderKey(table, first)}`;
  const lower = after ? ` and ${renderRow(table.key)} > ${renderKey(table, first + table.key.length)}` : '';
  const sql = `${table.scope} and ${upper}${lower} and (${where ?? 'true'}\n)`;
  return { sql, values: [...table.scopeValues, ...upTo, ...(after ?? [])] };
}

function renderRow(parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(', ')})`;
}

function renderKey({ types }: Table, before: number): string {
  return renderRow(types.map((type, index) => `$${before + index + 1}::pg_catalog.text::${type}`));
}
