import type { SqlDataMigration } from '../model/index.ts';
import { quoteName } from '../sql/index.ts';
import type { KeyValue, TableKey } from './table-key.ts';

/** A statement with its values. */
export interface Query {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/**
 * Stands in every statement that Onward puts together from what the vendor wrote. It costs nothing and changes nothing, but the server then
 * counts the statement apart from those of clients, and whoever asks what clients need can tell it.
 */
const OWN = 'with onward_own as (select 1)';

/** Bounds of a range: every key above `after`, up to and including `upTo`. */
export interface KeyRange {
  readonly after: KeyValue | undefined;
  readonly upTo: KeyValue;
}

/**
 * The key of the n-th row behind a key; no row when there are fewer. One walk along the index; only the row at its end becomes JSON, which
 * would take longer than the walk.
 */
export function renderNthKey(key: TableKey, after: KeyValue | undefined, rows: number): Query {
  const { text, values } = renderAfter(key, after);
  const columns = key.columns.join(', ');
  return {
    sql: `${OWN} select ${renderKeyAsJson(key)} as key from (
            select ${columns} from ${key.table}${where(text)} order by ${columns} offset ${rows - 1} limit 1
          ) as nth`,
    values,
  };
}

/** The last key behind a key, and how many rows there are until it; no row when there is none. */
export function renderLastKey(key: TableKey, after: KeyValue | undefined): Query {
  const { text, values } = renderAfter(key, after);
  const descending = key.columns.map((column) => `${column} desc`).join(', ');
  return {
    sql: `${OWN} select ${renderKeyAsJson(key)} as key, (select pg_catalog.count(*) from ${key.table}${where(text)}) as rows
          from ${key.table}${where(text)} order by ${descending} limit 1`,
    values,
  };
}

/** Brings the rows of a range into the new shape that are in the old one. A line of its own ends a comment in what the vendor wrote. */
export function renderChange(declared: SqlDataMigration, key: TableKey, range: KeyRange): Query {
  const { text, values } = renderRange(key, range);
  const { change } = declared;
  const rows = `${text} and (${declared.where}\n)`;
  if (change.kind === 'update') return { sql: `${OWN} update ${key.table} set ${change.set}\nwhere ${rows}`, values };
  // Locked, so that a row which somebody is writing is read as they leave it.
  const batch = `${OWN}, batch as (select * from ${key.table} where ${rows} for no key update)`;
  const into = change.into.split('.').map(quoteName).join('.');
  const columns = change.columns.map(quoteName).join(', ');
  return { sql: `${batch}\ninsert into ${into} (${columns})\n${change.select}\non conflict do nothing`, values };
}

/** How many rows of a range are in the old shape. */
export function renderCountOld(declared: SqlDataMigration, key: TableKey, range: KeyRange): Query {
  const { text, values } = renderRange(key, range);
  const sql = `${OWN} select pg_catalog.count(*) as rows from ${key.table} where ${text} and (${declared.where}\n)`;
  return { sql, values };
}

function renderRange(key: TableKey, { after, upTo }: KeyRange): Condition {
  const upper = `${renderRow(key.columns)} <= ${renderParameters(key, 0)}`;
  if (!after) return addPart(key, { text: upper, values: upTo });
  const lower = `${renderRow(key.columns)} > ${renderParameters(key, key.columns.length)}`;
  return addPart(key, { text: `${lower} and ${upper}`, values: [...upTo, ...after] });
}

function renderAfter(key: TableKey, after: KeyValue | undefined): Condition {
  return addPart(
    key,
    after
      ? { text: `${renderRow(key.columns)} > ${renderParameters(key, 0)}`, values: after }
      : { text: '', values: [] },
  );
}

interface Condition {
  readonly text: string;
  readonly values: readonly string[];
}

/** Leaves out the rows of other parts. An index on the key that begins with the column answers both in one walk. */
function addPart({ part }: TableKey, { text, values }: Condition): Condition {
  if (!part?.on) return { text, values };
  const isPart = `${part.on.column} = $${values.length + 1}::pg_catalog.text::${part.on.type}`;
  return { text: text === '' ? isPart : `${isPart} and ${text}`, values: [...values, part.value] };
}

function where(text: string): string {
  return text === '' ? '' : ` where ${text}`;
}

function renderRow(parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(', ')})`;
}

function renderParameters({ types }: TableKey, offset: number): string {
  return renderRow(types.map((type, index) => `$${offset + index + 1}::pg_catalog.text::${type}`));
}

function renderKeyAsJson({ columns }: TableKey): string {
  return `pg_catalog.json_build_array(${columns.map((column) => `${column}::pg_catalog.text`).join(', ')})`;
}

/** The vendor's verification, counted apart from the same text of a client. */
export function renderVerification({ verify }: SqlDataMigration): string {
  return verify.includes(';') ? verify : `select * from (${verify}\n) as onward_own`;
}
