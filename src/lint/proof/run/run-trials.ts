import { quoteLiteral, quoteName } from '../../../sql/index.ts';
import type { Session } from '../../../system/index.ts';
import type { PreparedTrial } from '../prepare-trials.ts';
import type { Sides, StatementContext } from '../sides.ts';
import { type BoundStatement, bindColumns, isWrite } from './bind-columns.ts';
import { chooseValues, type ValueSource } from './choose-values.ts';
import { fillSides, findEqualTables, loadSamples } from './fill-sides.ts';
import { callsAny, loadFunctions } from './load-functions.ts';
import { loadLabels } from './load-labels.ts';
import { loadTables, type TableInfo } from './load-tables.ts';
import { type RunResult, runStatement } from './run-statement.ts';

/** A statement that both sides plan, and what it is run as. */
export interface RunTrial extends PreparedTrial {
  readonly context: StatementContext;
  /** Names of the types of its parameters on the schema before. */
  readonly parameterTypes: readonly string[];
}

export interface RunTrialResult extends RunResult {
  readonly isWrite: boolean;
  /** Tables that it needs and that have no row after, so that a foreign key tells nothing. */
  readonly emptyTables: readonly string[];
}

/**
 * Runs statements with generated values on both sides, each in a transaction that is rolled back: the ones that write, and the ones that
 * call functions of the schema. Fills the tables that they touch first, and leaves those rows behind.
 */
export async function runTrials(
  sides: Sides,
  trials: readonly RunTrial[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<RunTrial, RunTrialResult>> {
  const results = new Map<RunTrial, RunTrialResult>();
  const tables = await loadTables(sides.before);
  const functions = await loadFunctions(sides.before);
  const candidates = trials.flatMap((trial) => {
    const { node, context } = trial;
    if (!node) return [];
    const writes = isWrite(node);
    const isWanted = writes || context.role !== undefined || callsAny(node, functions);
    return isWanted ? [{ trial, bound: bindColumns(node, tables), isWrite: writes }] : [];
  });
  if (candidates.length === 0) return results;
  const touched = collectTouched(candidates, tables);
  const empty = await fillSides(sides, touched);
  const source = await createSource(sides.before, touched);
  const equal = await findEqualTables(sides.after, touched, source.rows);
  const labels = await loadLabels(sides.before);
  await inTransactions(sides, async () => {
    let current: StatementContext | undefined;
    for (const { trial, bound, isWrite: writes } of candidates) {
      signal?.throwIfAborted();
      if (trial.context !== current) await enter(sides, trial.context);
      current = trial.context;
      const plan = chooseValues(trial.parameterTypes, bound, { ...source, labels });
      const { name, statement } = trial;
      const given = trial.before.sql === statement.sql ? (statement.values ?? []) : [];
      const countsRows = !dependsOnChance(trial) && bound.tables.every((table) => equal.has(table));
      const result = await runStatement(sides, { name, plan, given, countsRows });
      results.set(trial, { ...result, isWrite: writes, emptyTables: emptyAmong(bound, empty) });
    }
  });
  return results;
}

interface Candidate {
  readonly trial: RunTrial;
  readonly bound: BoundStatement;
  readonly isWrite: boolean;
}

/** The tables of the statements and those that foreign keys of theirs point at, which values are taken from. */
function collectTouched(
  candidates: readonly Candidate[],
  tables: ReadonlyMap<string, TableInfo>,
): readonly TableInfo[] {
  const touched = new Set(candidates.flatMap(({ bound }) => bound.tables));
  for (const { columns } of [...touched]) {
    for (const { references } of columns) {
      const parent = references && tables.get(references.split('.').slice(0, 2).join('.'));
      if (parent) touched.add(parent);
    }
  }
  return [...touched];
}

async function createSource(session: Session, tables: readonly TableInfo[]): Promise<Omit<ValueSource, 'labels'>> {
  const rows = await loadSamples(session, tables);
  let last = 0;
  return {
    rows,
    nextNumber() {
      last += 1;
      return last;
    },
  };
}

/** What depends on chance may give a row here and none there. */
function dependsOnChance({ before }: RunTrial): boolean {
  return /\b(random|gen_random_uuid|clock_timestamp|skip\s+locked)\b/i.test(before.sql);
}

function emptyAmong(bound: BoundStatement, empty: ReadonlySet<string>): readonly string[] {
  const names = bound.tables.flatMap(({ schema, name, columns }) => [
    `${schema}.${name}`,
    ...columns.flatMap(({ references }) => references?.split('.').slice(0, 2).join('.') ?? []),
  ]);
  return [...new Set(names.filter((name) => empty.has(name)))];
}

async function inTransactions(sides: Sides, work: () => Promise<void>): Promise<void> {
  const both = (text: string) => Promise.all([sides.before.query(text), sides.after.query(text)]);
  await both('reset role; reset search_path; begin; set constraints all immediate; savepoint onward_run');
  try {
    await work();
  } finally {
    if (!sides.before.isLost && !sides.after.isLost) await both('rollback');
  }
}

/** A role and a path that last until the next ones. */
async function enter(sides: Sides, { role, searchPath }: StatementContext): Promise<void> {
  const path =
    searchPath === undefined
      ? 'reset search_path'
      : `select pg_catalog.set_config('search_path', ${quoteLiteral(searchPath)}, true)`;
  const text = `rollback to savepoint onward_run; release savepoint onward_run; ${path}; ${
    role === undefined ? 'reset role' : `set local role ${quoteName(role)}`
  }; savepoint onward_run`;
  await Promise.all([sides.before.query(text), sides.after.query(text)]);
}
