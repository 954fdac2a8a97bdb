import { quoteName } from '../../../sql/index.ts';
import { baseType, collectChecks } from './candidates.ts';
import type { Choice } from './choose-values.ts';
import type { FillCatalog, FillForeignKey, FillTable } from './fill-catalog.ts';

/** Rows of a parent that children are spread over. */
const MAX_PARENTS = 5000;
/** More rows are generated than wanted, since a condition may hold for a part of them only. */
const SURPLUS = 4;

export interface InsertOptions {
  /** Rows wanted. */
  readonly rows: number;
  /** Rows that are there: numbers go on behind them. */
  readonly existing: number;
  /** Foreign keys whose columns stay empty, or have a value as if they were plain ones. */
  readonly ignored: ReadonlySet<FillForeignKey>;
}

/** One INSERT that adds rows with the chosen values; the columns of foreign keys have values of the tables they refer to. */
export function renderInsert(catalog: FillCatalog, table: FillTable, choice: Choice, options: InsertOptions): string {
  const links = planLinks(catalog, table, choice, options);
  const columns = table.columns.filter(({ number, isServerGiven }) => !isServerGiven && choice.has(number));
  const values = columns.map((column) => {
    const linked = links.values.get(column.number);
    const plain = `(${choice.get(column.number)})::${baseType(catalog, column.type)?.name ?? 'text'}`;
    return `${linked ?? plain} as ${quoteName(column.name)}`;
  });
  if (columns.length === 0) return renderDefaults(table, options);
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  const numbers = new Set(columns.map(({ number }) => number));
  const checks = collectChecks(catalog, table).filter((check) => check.columns.every((number) => numbers.has(number)));
  const condition = checks.map(({ expression }) => `coalesce((${expression})::bool, true)`);
  const last = options.existing + options.rows * (checks.length > 0 ? SURPLUS : 1);
  return `insert into ${table.quoted} (${names})
    select ${names} from (select ${values.join(', ')} from generate_series(${options.existing + 1}, ${last}) as g ${links.joins.join(' ')}) as ${table.alias}
     where ${['true', ...condition].join(' and ')} limit ${options.rows} on conflict do nothing`;
}

/** Every column has a value of the server's. */
function renderDefaults(table: FillTable, { rows }: InsertOptions): string {
  const [first] = table.columns;
  const target = first ? ` (${quoteName(first.name)})` : '';
  const values = Array.from({ length: Math.min(rows, 1000) }, () => (first ? '(default)' : '')).join(', ');
  return first
    ? `insert into ${table.quoted}${target} values ${values} on conflict do nothing`
    : `insert into ${table.quoted} select from generate_series(1, ${rows}) as g`;
}

/** Wide keys first: they often hold the columns of narrow ones, as `(tenant, user)` holds that of `(tenant)`. */
function planLinks(
  catalog: FillCatalog,
  table: FillTable,
  choice: Choice,
  { ignored }: InsertOptions,
): { readonly joins: readonly string[]; readonly values: ReadonlyMap<number, string> } {
  const joins: string[] = [];
  const values = new Map<number, string>();
  const keys = table.foreignKeys
    .filter((key) => !ignored.has(key) && key.table !== table.oid)
    .filter(({ columns }) => columns.every((number) => choice.has(number) && choice.get(number) !== 'null'))
    .toSorted((a, b) => b.columns.length - a.columns.length);
  for (const [index, key] of keys.entries()) {
    const parent = catalog.tables.get(key.table);
    if (!parent || key.columns.every((number) => values.has(number))) continue;
    const name = `onward_${index}`;
    const nameOf = (number: number) => quoteName(parent.columns.find((column) => column.number === number)?.name ?? '');
    const outputs = key.referencedColumns.map((number, position) => `${nameOf(number)} as ${name}_${position}`);
    const shared = key.columns.flatMap((number, position) => {
      const taken = values.get(number);
      return taken === undefined ? [] : [`${nameOf(key.referencedColumns[position] ?? 0)} = ${taken}`];
    });
    joins.push(
      shared.length > 0
        ? `left join lateral (select ${outputs.join(', ')} from ${parent.quoted} where ${shared.join(' and ')} limit 1) as ${name} on true`
        : `left join (select row_number() over () as ${name}_n, ${outputs.join(', ')} from (select * from ${parent.quoted} limit ${MAX_PARENTS}) as ${name}_p) as ${name}
             on ${name}_n = 1 + (g - 1) % greatest((select count(*) from (select from ${parent.quoted} limit ${MAX_PARENTS}) as ${name}_c), 1)`,
    );
    for (const [position, number] of key.columns.entries()) {
      if (!values.has(number)) values.set(number, `${name}_${position}`);
    }
  }
  return { joins, values };
}
