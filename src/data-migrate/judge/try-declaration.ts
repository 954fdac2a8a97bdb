import { OnwardError, type SqlDataMigration } from '../../model/index.ts';
import { PostgresError, type Session } from '../../system/index.ts';
import { observeDualWrite } from '../dual-write/observe.ts';
import { type DualWriting, isDualWriting, renderDualWrite } from '../dual-write/render.ts';
import { renderChange, renderCountOld } from '../render-sql.ts';
import { findRange } from '../run-batch.ts';
import { loadParts } from '../scope/load-parts.ts';
import { loadTableKey, type TableKey } from '../table-key.ts';
import { verifyDataMigration } from '../verify.ts';
import type { DeclarationJudgement } from './judgement.ts';

const MOST_ROWS = 1_000;

/**
 * Tries a declaration out on a scratch database that has the schema of the release after its expand phase, and rows that were there before:
 * names and types, whether a batch leaves anything in the old shape, the verification, and the trigger. Leaves nothing behind.
 */
export async function tryDeclaration(
  session: Session,
  declared: SqlDataMigration,
): Promise<readonly DeclarationJudgement[]> {
  const key = await attempt(() => loadTableKey(session, declared));
  if ('error' in key) return [names(key.error.message.includes(' unique index ') ? ['key'] : ['table'], key.error)];
  const change = await tryChange(session, declared, key.value);
  const verification = await attempt(() => verifyDataMigration(session, declared));
  const scope = await tryScope(session, declared, key.value);
  return [
    ...change,
    ...('error' in verification ? [judge('data-migration-verify', ['verify'], describe(verification.error))] : []),
    ...scope,
    ...(isDualWriting(declared) ? await tryDualWrite(session, declared, key.value) : []),
  ];
}

/** Through a whole range, twice: the second time there must be nothing left to do. */
async function tryChange(
  session: Session,
  declared: SqlDataMigration,
  key: TableKey,
): Promise<readonly DeclarationJudgement[]> {
  const path = declared.change.kind === 'update' ? ['set'] : ['insert', 'select'];
  const nowhere = { after: undefined, upTo: key.columns.map(() => null) as unknown as readonly string[] };
  const where = await inTrial(session, () => ask(session, renderCountOld(declared, key, nowhere)));
  if (where.error) return [names(['where'], where.error)];
  const prepared = await inTrial(session, () => ask(session, renderChange(declared, key, nowhere)));
  if (prepared.error) return [names(path, prepared.error)];
  const tried = await inTrial(session, async () => {
    const found = await findRange(session, key, { after: undefined, rows: MOST_ROWS });
    if (!found) return { first: 0, second: 0 };
    const change = renderChange(declared, key, found.range);
    const { count: first } = await session.query(change.sql, change.values);
    const { count: second } = await session.query(change.sql, change.values);
    const left = renderCountOld(declared, key, found.range);
    const { rows } = await session.query<{ rows: string }>(left.sql, left.values);
    return { first, second: Math.max(second, Number(rows[0]?.rows ?? 0)) };
  });
  if (tried.error) return [unmeasured(path, `a batch on made-up rows was refused (${describe(tried.error)})`)];
  const { first = 0, second = 0 } = tried.value ?? {};
  if (second > 0)
    return [judge('data-migration-repeats', ['where'], `"where" still finds ${second} rows after they were changed`)];
  return first > 0 ? [] : [unmeasured(['where'], 'none of the made-up rows is in the old shape')];
}

async function tryScope(
  session: Session,
  { scope, ...declared }: SqlDataMigration,
  key: TableKey,
): Promise<readonly DeclarationJudgement[]> {
  if (!scope) return [];
  const parts = await attempt(() => loadParts(session, { ...declared, scope }, key));
  return 'error' in parts ? [judge('data-migration-scope', ['scope'], describe(parts.error))] : [];
}

/** Made, and fired once for every row that can be written as it is. */
async function tryDualWrite(
  session: Session,
  declared: DualWriting,
  key: TableKey,
): Promise<readonly DeclarationJudgement[]> {
  const [schema = 'public'] = key.table.split('.');
  const tried = await inTrial(session, async () => {
    await session.query(renderDualWrite(declared, { table: key.table, schema, searchPath: 'public' }));
    if ((await observeDualWrite(session, declared)) !== 'same') throw new Error('The trigger is not what was made');
    const [first = ''] = key.columns;
    if (declared.dualWrite.events.includes('update'))
      await session.query(`update ${key.table} set ${first} = ${first}`);
    if (declared.dualWrite.events.includes('delete')) await session.query(`delete from ${key.table}`);
  });
  if (!tried.error) return [];
  const message = `the trigger does not work: ${describe(tried.error)}`;
  return [
    isOfSyntax(tried.error)
      ? judge('data-migration-dual-write', ['dualWrite', 'body'], message)
      : unmeasured(['dualWrite'], message),
  ];
}

/** What no row could have caused: syntax, or a name that is not there. */
function isOfSyntax(error: Error): boolean {
  return error instanceof PostgresError && (error.code.startsWith('42') || error.code.startsWith('2F'));
}

interface Tried<T> {
  readonly value?: T;
  readonly error?: Error;
}

/** In a transaction that is rolled back. */
async function inTrial<T>(session: Session, work: () => Promise<T>): Promise<Tried<T>> {
  await session.query(`begin; set local statement_timeout = '30s'`);
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof PostgresError) return { error };
    throw error;
  } finally {
    await session.query('rollback');
  }
}

async function ask(session: Session, { sql, values }: { readonly sql: string; readonly values: readonly unknown[] }) {
  await session.query(`explain ${sql}`, values);
}

async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: Error }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof OnwardError) return { error };
    throw error;
  }
}

function judge(rule: DeclarationJudgement['rule'], path: readonly string[], message: string): DeclarationJudgement {
  return { rule, severity: 'error', path, message };
}

function names(path: readonly string[], error: Error): DeclarationJudgement {
  return judge('data-migration-names', path, `"${path.join('.')}": ${describe(error)}`);
}

function unmeasured(path: readonly string[], message: string): DeclarationJudgement {
  return { rule: 'unmeasured-data-migration', severity: 'warning', path, message };
}

function describe(error: Error): string {
  if (error instanceof PostgresError) return `${error.message} (${error.code})`;
  // Without who could not do what: that is told already.
  return error.message
    .replace(/^Could not [^:]*: /, '')
    .replace(/ Nothing has changed\.$/, '')
    .replace(/\.$/, '');
}
