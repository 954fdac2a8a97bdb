import { quoteLiteral } from '../../../sql/index.ts';
import { PostgresError, type Session } from '../../../system/index.ts';
import type { Sides } from '../sides.ts';
import type { ValueList, ValuePlan } from './choose-values.ts';

export interface RunnableStatement {
  /** Under which it is prepared in both sessions. */
  readonly name: string;
  readonly plan: ValuePlan;
  /** Value lists of the caller, which are run first. */
  readonly given: readonly ValueList[];
  /** Rows that it gives or touches are counted: fewer than before, down to none, is a break. */
  readonly countsRows: boolean;
}

export interface RunResult {
  /** Value lists with which it succeeded on the schema before. */
  readonly runs: number;
  /** It succeeded before, and did not after. */
  readonly broken?: { readonly sqlState: string; readonly message: string; readonly values: ValueList };
  /** Why it never succeeded before. */
  readonly failure?: PostgresError;
}

/** These say something of the server or of the moment, not of the schema. */
const PASSING = /^(57|53|55P03|40|25)/;
const MAX_ALONE = 12;
/** What is there now is not seen or touched any more; Postgres has a code for it that no error uses. */
const NO_ROWS = '02000';

/**
 * Runs a prepared statement on both sides with one list of values after another, and undoes each run. Both sessions are in a transaction
 * that has the savepoint `onward_run`.
 */
export async function runStatement(sides: Sides, statement: RunnableStatement): Promise<RunResult> {
  const state: State = { sides, statement, runs: 0, broken: undefined, failure: undefined };
  let base: ValueList | undefined;
  for (const values of [...statement.given, ...statement.plan.bases]) {
    const isRun = await runOnce(state, values);
    if (isRun) base ??= values;
    if (isOver(state)) return toResult(state);
  }
  if (!base) return toResult(state);
  for (const variant of statement.plan.variants) {
    const isRun = await runOnce(state, replace(base, variant));
    // Together they were refused on the schema before; alone, some of them may not be.
    for (const [index, value] of isRun || variant.size < 2 ? [] : [...variant].slice(0, MAX_ALONE)) {
      await runOnce(state, replace(base, new Map([[index, value]])));
      if (isOver(state)) return toResult(state);
    }
    if (isOver(state)) return toResult(state);
  }
  return toResult(state);
}

interface State {
  readonly sides: Sides;
  readonly statement: RunnableStatement;
  runs: number;
  broken: RunResult['broken'];
  failure: PostgresError | undefined;
}

function isOver({ broken, failure, runs }: State): boolean {
  return broken !== undefined || (runs === 0 && failure?.code === '57014');
}

function toResult({ runs, broken, failure }: State): RunResult {
  return { runs, ...(broken ? { broken } : {}), ...(runs === 0 && failure ? { failure } : {}) };
}

function replace(base: ValueList, variant: ReadonlyMap<number, string | null>): ValueList {
  return base.map((value, index) => {
    const other = variant.get(index);
    return other === undefined ? value : other;
  });
}

/** True when it succeeded before. */
async function runOnce(state: State, values: ValueList): Promise<boolean> {
  const { sides, statement } = state;
  const text = renderRun(statement.name, values);
  const [before, after] = await Promise.all([attempt(sides.before, text), attempt(sides.after, text)]);
  if (before instanceof PostgresError) {
    state.failure ??= before;
    return false;
  }
  state.runs += 1;
  if (after instanceof PostgresError) {
    if (!PASSING.test(after.code)) state.broken = { sqlState: after.code, message: after.message, values };
  } else if (statement.countsRows && before > 0 && after === 0) {
    const message = `it touches none of the ${before === 1 ? 'rows' : `${before} rows`} that it touched before`;
    state.broken = { sqlState: NO_ROWS, message, values };
  }
  return true;
}

function renderRun(name: string, values: ValueList): string {
  const list = values.length === 0 ? '' : `(${values.map((value) => quoteLiteral(value)).join(', ')})`;
  return `rollback to savepoint onward_run; execute ${name}${list}`;
}

async function attempt(session: Session, text: string): Promise<number | PostgresError> {
  try {
    return (await session.query(text)).count;
  } catch (error) {
    if (error instanceof PostgresError && !session.isLost) return error;
    throw error;
  }
}
