import { quoteName } from '../../../sql/index.ts';
import type { Session } from '../../../system/index.ts';
import { attemptInside } from '../attempt.ts';
import { baseType, collectChecks } from './candidates.ts';
import { chooseValues } from './choose-values.ts';
import { type FillCatalog, type FillTable, loadFillCatalog } from './fill-catalog.ts';

/**
 * Changes the rows of tables so that they will meet what `change` is going to ask of them. `change` is tried and taken back; it says whether
 * it worked. Inside of a transaction. False: it did not work, or no rows were found that comply; nothing is changed then.
 */
export async function adaptRows(
  session: Session,
  work: { readonly tables: readonly number[]; change(): Promise<boolean> },
): Promise<boolean> {
  const before = await loadFillCatalog(session, work.tables);
  await session.query('savepoint onward_learn');
  const after = (await work.change()) ? await loadFillCatalog(session, work.tables) : undefined;
  await session.query('rollback to savepoint onward_learn; release savepoint onward_learn');
  if (!after) return false;
  let isChanged = false;
  for (const table of after.tables.values()) {
    const previous = before.tables.get(table.oid);
    if (!previous || !work.tables.includes(table.oid)) continue;
    const columns = tightened(before, previous, after, table);
    if (columns.size === 0) continue;
    if (!(await update(session, { catalog: after, table, columns }))) return false;
    isChanged = true;
  }
  return isChanged;
}

/** Columns of before of which more is asked now. */
function tightened(
  before: FillCatalog,
  previous: FillTable,
  after: FillCatalog,
  table: FillTable,
): ReadonlySet<number> {
  const known = new Set(collectChecks(before, previous).map(({ expression }) => expression));
  const inNewChecks = collectChecks(after, table)
    .filter(({ expression }) => !known.has(expression))
    .flatMap(({ columns }) => columns);
  const inNewKeys = table.foreignKeys
    .filter(({ name }) => !previous.foreignKeys.some((key) => key.name === name))
    .flatMap(({ columns }) => columns);
  const changed = previous.columns.flatMap((column) => {
    const now = table.columns.find(({ number }) => number === column.number);
    const isOther =
      now && (now.type !== column.type || now.modifier !== column.modifier || now.isNotNull !== column.isNotNull);
    return isOther ? [column.number] : [];
  });
  const there = new Set(previous.columns.map(({ number }) => number));
  return new Set([...inNewChecks, ...inNewKeys, ...changed].filter((number) => there.has(number)));
}

async function update(
  session: Session,
  work: { readonly catalog: FillCatalog; readonly table: FillTable; readonly columns: ReadonlySet<number> },
): Promise<boolean> {
  const { catalog, table, columns } = work;
  const choice = await chooseValues(session, catalog, table);
  const parents = parentValues(catalog, table);
  const set = table.columns.flatMap((column) => {
    const expression = choice.get(column.number);
    if (!columns.has(column.number) || expression === undefined) return [];
    const plain = `(select (${expression})::${baseType(catalog, column.type)?.name ?? 'text'} from (select onward_n as g) as x)`;
    return [`${quoteName(column.name)} = ${parents.get(column.number) ?? plain}`];
  });
  if (set.length === 0) return false;
  const sql = `update ${table.quoted} as c set ${set.join(', ')}
    from (select ctid as onward_at, tableoid as onward_of, row_number() over ()::int4 as onward_n from ${table.quoted}) as r
   where c.ctid = r.onward_at and c.tableoid = r.onward_of`;
  return (await attemptInside(session, sql)) === undefined;
}

/** Any row of the parent will do for a key of one column. */
function parentValues(catalog: FillCatalog, table: FillTable): ReadonlyMap<number, string> {
  const values = new Map<number, string>();
  for (const { columns, referencedColumns, table: oid } of table.foreignKeys) {
    const parent = catalog.tables.get(oid);
    const target = parent?.columns.find(({ number }) => number === referencedColumns[0]);
    const [column] = columns;
    if (columns.length !== 1 || !parent || !target || column === undefined) continue;
    values.set(column, `(select ${quoteName(target.name)} from ${parent.quoted} limit 1)`);
  }
  return values;
}
