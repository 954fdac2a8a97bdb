import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type Total } from '../../model/index.ts';
import type { ConnectionTarget, Session, System } from '../../system/index.ts';
import { withinLimit } from '../limit.ts';

export interface TotalRows {
  readonly columns: readonly { readonly name: string; readonly kind: 'number' | 'text' }[];
  /** A value of each column, as text. */
  readonly rows: readonly (readonly (string | null)[])[];
}

const MOST_ROWS = 1_000;
/** A longer value is kept as its hash: it is compared, not read. */
const VALUE_LIMIT = 64;
/** Beside the query's own limit: to connect, and for the way. */
const ALLOWANCE_MS = 15_000;
/** int8, int2, int4, oid, float4, float8, numeric. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);

/**
 * One query in a read-only transaction of its own, on one snapshot. More statements than one are refused by the server, and no more rows
 * are fetched than a total may have. Throws when the query fails or does not give what a total needs.
 */
export function readTotal(
  system: System,
  total: Total,
  from: { readonly target: ConnectionTarget; readonly query: string },
): Promise<TotalRows> {
  return withinLimit(system, total.timeoutMs + ALLOWANCE_MS, async (own) => {
    const session = await system.postgres.connect(from.target, {
      applicationName: 'onward total',
      // Equal figures must read equal, whatever the role or the database is set to.
      settings: {
        statement_timeout: String(total.timeoutMs),
        timezone: 'UTC',
        datestyle: 'ISO',
        intervalstyle: 'postgres',
        extra_float_digits: '1',
      },
      retryForMs: 0,
    });
    own(() => session.close());
    await session.query('begin transaction isolation level repeatable read, read only');
    const read = await fetchRows(session, from.query);
    await session.query('rollback');
    assertUsable(total, read);
    return read;
  });
}

async function fetchRows(session: Session, query: string): Promise<TotalRows> {
  const { columns } = await session.describe(query);
  const names = columns.map(({ name }) => name);
  // The rows come by the names of their columns.
  const double = names.find((name, index) => names.indexOf(name) < index);
  if (double !== undefined) throw new Error(`the query gives the column ${double} twice`);
  if (names.length === 0) throw new Error('the query gives no column');
  // With a list of values, even an empty one, the server takes one statement only.
  await session.query(`declare onward_total no scroll cursor for ${query}`, []);
  const { rows } = await session.query(`fetch forward ${MOST_ROWS + 1} from onward_total`);
  return {
    columns: columns.map(({ name, typeOid }) => ({ name, kind: NUMBERS.has(typeOid) ? 'number' : 'text' })),
    rows: rows.map((row) => names.map((name) => toText(row[name]))),
  };
}

function assertUsable({ by }: Total, { columns, rows }: TotalRows): void {
  if (by === undefined) {
    if (rows.length !== 1)
      throw new Error(
        `the query gives ${rows.length === 0 ? 'no row' : 'more than one row, and no "by" tells them apart'}`,
      );
    return;
  }
  const at = columns.findIndex(({ name }) => name === by);
  if (at < 0) throw new Error(`the query gives no column ${by}`);
  if (columns.length === 1) throw new Error(`the query gives no column beside ${by}`);
  if (rows.length > MOST_ROWS) throw new Error(`the query gives more than ${MOST_ROWS} rows`);
  const keys = rows.map((row) => row[at] ?? null);
  const double = keys.find((key, index) => keys.indexOf(key) < index);
  if (double !== undefined) throw new Error(`the query gives two rows with ${by} ${double}`);
}

function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = Buffer.isBuffer(value)
    ? `\\x${value.toString('hex')}`
    : typeof value === 'object'
      ? canonicalJson(value as Json)
      : String(value);
  return text.length > VALUE_LIMIT ? `sha256:${createHash('sha256').update(text).digest('hex')}` : text;
}
