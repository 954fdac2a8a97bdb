import type { Session } from '../system/index.ts';
import type { CheckContext, CheckOf, Outcome, Probe } from './check.ts';
import { withinLimit } from './limit.ts';

const EVIDENCE_CHARACTERS = 80;

/**
 * One query (SELECT, VALUES, TABLE or WITH) in a read-only transaction, which must give one row with one column. More statements
 * than one are refused by the server, and no more than two rows are fetched.
 */
export const probeSql: Probe<'sql'> = (context, check) =>
  withinLimit(context.system, check.timeoutMs, (own) => runQuery(context, check, own));

async function runQuery(
  { system, databases }: CheckContext,
  check: CheckOf<'sql'>,
  own: (close: () => Promise<void>) => void,
): Promise<Outcome> {
  const target = databases.get(check.database);
  if (!target) return { ok: false, evidence: `there is no database ${check.database} in the deployment` };
  const session = await system.postgres.connect(target, {
    applicationName: 'onward check',
    settings: { statement_timeout: String(check.timeoutMs) },
    retryForMs: 0,
  });
  own(() => session.close());
  await session.query('begin transaction read only');
  const result = await fetchTwo(session, check.query);
  await session.query('rollback');
  if (result.columns.length !== 1)
    return { ok: false, evidence: `the query gives ${result.columns.length} columns, not one` };
  const [row, ...others] = result.rows;
  if (!row) return { ok: false, evidence: 'the query gives no row' };
  if (others.length > 0) return { ok: false, evidence: 'the query gives more than one row' };
  return judge(check, toText(Object.values(row)[0]));
}

async function fetchTwo(session: Session, query: string) {
  // With a list of values, even an empty one, the server takes one statement only.
  await session.query(`declare onward_check no scroll cursor for ${query}`, []);
  return session.query('fetch forward 2 from onward_check');
}

function judge(check: CheckOf<'sql'>, value: string): Outcome {
  const shown = value.length > EVIDENCE_CHARACTERS ? `${value.slice(0, EVIDENCE_CHARACTERS)}…` : value;
  const isExpected = check.expect === undefined || check.expect === value;
  const evidence = isExpected
    ? `the query gives ${shown}`
    : `the query gives ${shown}, and ${check.expect} is expected`;
  return { ok: isExpected, evidence, ...(check.unchanged ? { value } : {}) };
}

function toText(value: unknown): string {
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
