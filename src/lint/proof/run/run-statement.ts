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
const TIMED_OUT = '57014';

/**
 * Runs a prepared statement on both sides with many lists of values, and undoes each run. Both sessions are in a transaction that has the
 * savepoint `onward_run`.
 */
export async function runStatement(sides: Sides, statement: RunnableStatement): Promise<RunResult> {
  const state: State = { sides, statement, runs: 0, broken: undefined, failure: undefined };
  const { bases, variants } = statement.plan;
  const first = [...statement.given, ...bases.slice(0, 1)];
  // Most statements succeed with the first list, so what varies it is sent along.
  const [seed] = first;
  const accepted = await runAll(state, [...first, ...(seed ? vary(seed, variants) : [])]);
  if (seed && accepted.includes(seed)) {
    await runAlone(state, seed, accepted);
    return toResult(state);
  }
  const base = first.find((values) => accepted.includes(values)) ?? (await runAll(state, bases.slice(1)))[0];
  if (base) await runAlone(state, base, await runAll(state, vary(base, variants)));
  return toResult(state);
}

function vary(base: ValueList, variants: ValuePlan['variants']): readonly ValueList[] {
  return variants.map((variant) => replace(base, variant));
}

/** Values that were refused together on the schema before may be accepted alone. */
async function runAlone(state: State, base: ValueList, accepted: readonly ValueList[]): Promise<void> {
  const keys = new Set(accepted.map((values) => JSON.stringify(values)));
  const alone = state.statement.plan.variants
    .filter((variant) => variant.size > 1 && !keys.has(JSON.stringify(replace(base, variant))))
    .flatMap((variant) => [...variant].slice(0, MAX_ALONE).map((one) => replace(base, new Map([one]))));
  await runAll(state, alone);
}

interface State {
  readonly sides: Sides;
  readonly statement: RunnableStatement;
  runs: number;
  broken: RunResult['broken'];
  failure: PostgresError | undefined;
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

/** Those of the lists with which it succeeded before. Once it is broken nothing more is run. */
async function runAll(state: State, lists: readonly ValueList[]): Promise<readonly ValueList[]> {
  const { sides, statement } = state;
  if (lists.length === 0 || state.broken || state.failure?.code === TIMED_OUT) return [];
  const texts = lists.map((values) => renderRun(statement.name, values));
  const [before, after] = await Promise.all([attemptAll(sides.before, texts), attemptAll(sides.after, texts)]);
  return lists.filter((values, index) => judgeOnce(state, values, { before: before[index], after: after[index] }));
}

type Outcome = number | PostgresError | undefined;

function judgeOnce(
  state: State,
  values: ValueList,
  { before, after }: { readonly before: Outcome; readonly after: Outcome },
): boolean {
  if (before === undefined || before instanceof PostgresError) {
    state.failure ??= before;
    return false;
  }
  state.runs += 1;
  if (after instanceof PostgresError) {
    if (!PASSING.test(after.code)) state.broken ??= { sqlState: after.code, message: after.message, values };
  } else if (state.statement.countsRows && before > 0 && after === 0) {
    const message = `it touches none of the ${before === 1 ? 'rows' : `${before} rows`} that it touched before`;
    state.broken ??= { sqlState: NO_ROWS, message, values };
  }
  return true;
}

function renderRun(name: string, values: ValueList): string {
  const list = values.length === 0 ? '' : `(${values.map((value) => quoteLiteral(value)).join(', ')})`;
  return `rollback to savepoint onward_run; execute ${name}${list}`;
}

/** What each run gave: the rows that it touched, or why it was refused. One that takes too long ends the list. */
async function attemptAll(session: Session, texts: readonly string[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < texts.length) {
    const { counts, error } = await session.script(texts.slice(outcomes.length).join('; '));
    // Every other count is that of a rollback.
    outcomes.push(...counts.filter((_, index) => index % 2 === 1));
    if (error) outcomes.push(error);
    if (error?.code === TIMED_OUT) break;
  }
  return outcomes;
}
