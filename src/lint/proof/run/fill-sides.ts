import { quoteLiteral, quoteName } from '../../../sql/index.ts';
import type { Session } from '../../../system/index.ts';
import { fillTables } from '../../measure/fill/fill-tables.ts';
import type { Sides } from '../sides.ts';
import type { SampleRow, SampleRows } from './choose-values.ts';
import { copyRows } from './copy-rows.ts';
import { type ColumnInfo, loadTables, type TableInfo } from './load-tables.ts';

const ROWS = 3;

/** The tables, those that they refer to, their partitions, and what views read from. */
const WITH_RELATED = `
  with recursive wanted(oid) as (
    select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname || '.' || c.relname = any ($1)
    union
    select related.oid from wanted cross join lateral (
      select confrelid as oid from pg_catalog.pg_constraint where conrelid = wanted.oid and contype = 'f'
      union all select inhrelid from pg_catalog.pg_inherits where inhparent = wanted.oid
      union all select d.refobjid from pg_catalog.pg_rewrite w
                  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
                 where w.ev_class = wanted.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> w.ev_class
    ) related
  )
  select c.oid::pg_catalog.int8 as oid, n.nspname as schema, c.relname as name
    from wanted join pg_catalog.pg_class c on c.oid = wanted.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`;

interface StoredTable {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
}

/**
 * Gives tables, and those that they need, a few rows on both sides: the same ones as far as the schema after allows. Commits them. The
 * names of those that stay empty after are given back, as `schema.table`.
 */
export async function fillSides({ before, after }: Sides, tables: readonly TableInfo[]): Promise<ReadonlySet<string>> {
  const stored = await findStored(before, tables);
  await fill(before, stored);
  await copyRows({ before, after }, stored);
  const storedAfter = await findStored(after, tables);
  const empty = await fill(after, storedAfter);
  return new Set(storedAfter.filter(({ oid }) => empty.has(Number(oid))).map(idOf));
}

async function findStored(session: Session, tables: readonly TableInfo[]): Promise<readonly StoredTable[]> {
  return (await session.query<StoredTable & object>(WITH_RELATED, [tables.map(idOf)])).rows;
}

/** Tables that have a row already are left as they are. */
async function fill(session: Session, tables: readonly StoredTable[]): Promise<ReadonlySet<number>> {
  const samples = await loadSamples(
    session,
    tables.map((table) => ({ ...table, columns: [] })),
  );
  const oids = tables.filter((table) => samples.get(idOf(table))?.length === 0).map(({ oid }) => Number(oid));
  const { empty } = await fillTables(session, oids, { rows: ROWS });
  return new Set(empty.map(({ table }) => table));
}

type Columns = Pick<TableInfo, 'schema' | 'name'> & { readonly columns: readonly Pick<ColumnInfo, 'name'>[] };

/** The first rows of each table, as texts. */
export async function loadSamples(session: Session, tables: readonly Columns[]): Promise<SampleRows> {
  if (tables.length === 0) return new Map();
  const each = tables.map((table) => {
    const texts = table.columns.map(({ name }) => `${quoteName(name)}::pg_catalog.text as ${quoteName(name)}`);
    const from = `${quoteName(table.schema)}.${quoteName(table.name)}`;
    return `select ${quoteLiteral(idOf(table))} as id,
                   (select pg_catalog.json_agg(r) from (select ${texts.join(', ')} from ${from} limit ${ROWS}) r) as rows`;
  });
  const { rows } = await session.query<{ id: string; rows: SampleRow[] | null }>(each.join('\nunion all\n'));
  return new Map(rows.map(({ id, rows: found }) => [id, found ?? []]));
}

/**
 * The tables whose rows are the same after as before, as far as both have the columns: of these the counts of rows can be compared. Times are
 * left out, since a default may have given them.
 */
export async function findEqualTables(
  after: Session,
  tables: readonly TableInfo[],
  before: SampleRows,
): Promise<ReadonlySet<TableInfo>> {
  const now = await loadTables(after);
  const kept = tables.flatMap((table) => {
    const names = new Set(now.get(idOf(table))?.columns.map(({ name }) => name));
    const columns = table.columns.filter(({ name, type }) => names.has(name) && !type.startsWith('time'));
    return columns.length === 0 ? [] : [{ table, common: { ...table, columns } }];
  });
  const rows = await loadSamples(
    after,
    kept.map(({ common }) => common),
  );
  const contentOf = (samples: SampleRows, table: TableInfo) =>
    (samples.get(idOf(table)) ?? [])
      .map((row) => JSON.stringify(table.columns.map(({ name }) => row[name])))
      .sort()
      .join();
  return new Set(
    kept.filter(({ common }) => contentOf(before, common) === contentOf(rows, common)).map(({ table }) => table),
  );
}

function idOf({ schema, name }: Pick<TableInfo, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}
