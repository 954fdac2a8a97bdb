import { quoteLiteral, quoteName } from '../../../sql/index.ts';
import type { Session } from '../../../system/index.ts';
import type { Sides } from '../sides.ts';
import { loadTables, type TableInfo } from './load-tables.ts';

interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Foreign keys are looked at where nothing can switch them off; a child then finds its parent in a later round. */
const ROUNDS = 3;

/**
 * Gives empty tables after the rows that tables of the same name have before, as far as they have the columns and allow the rows; and
 * sequences the state that they have before. What works on these rows before must work on them after.
 */
export async function copyRows(sides: Sides, tables: readonly TableName[]): Promise<void> {
  const rows = await loadRows(sides.before, tables);
  const known = await loadTables(sides.after);
  const blocks = rows.flatMap(({ id, json }) => {
    const table = known.get(id);
    return table ? [renderCopy(table, json)] : [];
  });
  const isQuiet = await switchOffTriggers(sides.after);
  const script = blocks.join(';\n');
  for (let round = 0; round < (isQuiet ? 1 : ROUNDS); round += 1) await sides.after.script(script);
  if (isQuiet) await sides.after.query('reset session_replication_role');
  await copySequences(sides);
}

async function loadRows(
  session: Session,
  tables: readonly TableName[],
): Promise<readonly { readonly id: string; readonly json: string }[]> {
  if (tables.length === 0) return [];
  const each = tables.map(({ schema, name }) => {
    const table = `${quoteName(schema)}.${quoteName(name)}`;
    return `select ${quoteLiteral(`${schema}.${name}`)} as id,
                   (select pg_catalog.json_agg(r) from (select * from only ${table} limit 10) r)::pg_catalog.text as json`;
  });
  const { rows } = await session.query<{ id: string; json: string | null }>(each.join('\nunion all\n'));
  return rows.flatMap(({ id, json }) => (json === null ? [] : [{ id, json }]));
}

/** A block that swallows what a row is refused with, so that the other rows and tables are not held up. */
function renderCopy({ schema, name, columns }: TableInfo, json: string): string {
  const table = `${quoteName(schema)}.${quoteName(name)}`;
  const present = new Set(Object.keys((JSON.parse(json) as readonly object[])[0] ?? {}));
  const names = columns
    .filter((column) => present.has(column.name) && !column.isGenerated)
    .map((column) => quoteName(column.name))
    .join(', ');
  if (names === '') return 'select';
  return `do ${quoteLiteral(`declare item pg_catalog.json; begin
    if exists (select from ${table}) then return; end if;
    for item in select pg_catalog.json_array_elements(${quoteLiteral(json)}::pg_catalog.json) loop
      begin
        insert into ${table} (${names}) overriding system value
          select ${names} from pg_catalog.json_populate_record(null::${table}, item);
      exception when others then null;
      end;
    end loop;
  end`)}`;
}

/** False when the role may not: only a superuser may, unless it was granted. */
async function switchOffTriggers(session: Session): Promise<boolean> {
  return (await session.script('set session_replication_role = replica')).error === undefined;
}

async function copySequences({ before, after }: Sides): Promise<void> {
  const { rows } = await before.query<{ name: string; value: string }>(
    `select pg_catalog.format('%I.%I', schemaname, sequencename) as name, last_value as value
       from pg_catalog.pg_sequences where last_value is not null`,
  );
  if (rows.length === 0) return;
  await after.query(
    `select pg_catalog.setval(s.oid, wanted.value)
       from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.int8[])) wanted(name, value)
       join pg_catalog.pg_class s on s.oid = pg_catalog.to_regclass(wanted.name) and s.relkind = 'S'
       join pg_catalog.pg_sequence q on q.seqrelid = s.oid and wanted.value between q.seqmin and q.seqmax`,
    [rows.map(({ name }) => name), rows.map(({ value }) => value)],
  );
}
