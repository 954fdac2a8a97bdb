import type { ConditionFact, SqlCondition } from '../../model/index.ts';
import { refuseQuery } from '../../sql/index.ts';
import { loadSqlParser, PostgresError, type Session } from '../../system/index.ts';
import type { Eyes } from './eyes.ts';

const SHOWN_CHARACTERS = 80;

/** Compares the one value of a query, as text. Anything but one row with one value that is not null is unknown. */
export async function lookAtQuery(eyes: Eyes, { database, query, equals }: SqlCondition): Promise<ConditionFact> {
  const parser = await loadSqlParser();
  const why = refuseQuery(parser, query);
  if (why !== undefined) return unknown(`the query on ${database} cannot be used: ${why}`);
  const text = parser.split(query, 'query')[0]?.text ?? '';
  const value = await eyes.inDatabase(database, (session) => readValue(session, text));
  if (typeof value !== 'string') return unknown(`the query on ${database} ${value.problem}`);
  const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
  return value === equals
    ? { state: 'applies', evidence: `the query on ${database} gives ${shown}` }
    : { state: 'does-not-apply', evidence: `the query on ${database} gives ${shown}, not ${equals}` };
}

function unknown(evidence: string): ConditionFact {
  return { state: 'unknown', evidence };
}

/** The value, or what is wrong with the answer. */
async function readValue(session: Session, text: string): Promise<string | { readonly problem: string }> {
  try {
    const { columns } = await session.describe(text);
    if (columns.length !== 1) return { problem: `gives ${columns.length} columns, not one` };
    // On lines of their own: the query may end in a comment. With a list of values, even an empty one, the server takes one statement only.
    const { rows } = await session.query<{ value: string | null }>(
      `select onward_value::pg_catalog.text as value from (\n${text}\n) as onward_row (onward_value) limit 2`,
      [],
    );
    if (rows.length !== 1) return { problem: rows.length === 0 ? 'gives no row' : 'gives more than one row' };
    return rows[0]?.value ?? { problem: 'gives null' };
  } catch (error) {
    if (!(error instanceof PostgresError) || session.isLost) throw error;
    return { problem: `fails: ${error.message} (${error.code})` };
  }
}
