import { type ConnectionTarget, loadSqlParser, type System } from '../../system/index.ts';
import type { RecordedStatement } from '../record/statements-file.ts';
import { leaveUnproven, type Outcome, type Proof, proveGroup } from './prove-group.ts';
import type { ProofReport, ProvenStatement, Share } from './report.ts';
import { judgeRun } from './run/judge-run.ts';
import { runTrials } from './run/run-trials.ts';
import { enterContext, openSides, type StatementContext } from './sides.ts';

export interface ProofOptions {
  /** A scratch database with the schema of the version that sent the statements. */
  readonly before: ConnectionTarget;
  /** A scratch database with the schema that the statements are to meet. */
  readonly after: ConnectionTarget;
  readonly statements: readonly RecordedStatement[];
  /** Share of the calls that must have a verdict, from 0 to 1; 0.95 unless told. */
  readonly minimumCoverage?: number;
  readonly signal?: AbortSignal;
}

const MINIMUM_COVERAGE = 0.95;

/**
 * Judges what a new schema means for the statements of the old version: each one is prepared, described and planned on both schemas, the
 * shapes are compared, and what writes is run with generated values and rolled back. Both databases are scratch ones: tables that are run on
 * are given a few rows, which stay. Throws when a database cannot be reached or a connection is lost.
 */
export async function proveStatements(system: System, options: ProofOptions): Promise<ProofReport> {
  const { minimumCoverage = MINIMUM_COVERAGE } = options;
  const parser = await loadSqlParser();
  const sides = await openSides(system, options);
  const durations = { prepareMs: 0, planMs: 0, runMs: 0 };
  try {
    const proof: Proof = { system, sides, parser, durations, signal: options.signal };
    const statements = await addRuns(proof, await proveAll(proof, options.statements));
    return { statements, coverage: measureCoverage(statements), minimumCoverage, durations };
  } finally {
    await sides.close();
  }
}

/** One context after another, because role and path are settings of the session. What a role may not do before is judged as the owner. */
async function proveAll(proof: Proof, statements: readonly RecordedStatement[]): Promise<readonly Outcome[]> {
  const settled: Outcome[] = [];
  const denied: (Outcome | Entry)[] = [];
  const entries = statements.map((statement, index) => ({ index, statement }));
  for (const { context, members } of groupByContext(entries.filter(({ statement }) => statement.role !== undefined))) {
    const isRefused = (await enterContext(proof.sides, context)) !== undefined;
    const outcomes = isRefused ? [] : await proveGroup(proof, members, context);
    settled.push(...outcomes.filter(({ isDenied }) => !isDenied));
    denied.push(...(isRefused ? members : outcomes.filter(({ isDenied }) => isDenied)));
  }
  const again = denied.map(({ index, statement: { role: _role, ...statement } }) => ({ index, statement }));
  const others = entries.filter(({ statement }) => statement.role === undefined);
  for (const { context, members } of groupByContext([...others, ...again])) {
    const refusal = await enterContext(proof.sides, context);
    if (refusal) settled.push(...members.map((member) => leaveUnproven(member, refusal)));
    else settled.push(...(await proveGroup(proof, members, context)));
  }
  return settled.sort((a, b) => a.index - b.index);
}

/** What planning has found nothing wrong with is run as well. */
async function addRuns(proof: Proof, outcomes: readonly Outcome[]): Promise<readonly ProvenStatement[]> {
  const { system, sides, durations, signal } = proof;
  const start = system.clock.monotonicMs();
  await enterContext(sides, {});
  const runnable = outcomes.flatMap((outcome) => outcome.runnable ?? []);
  const results = await runTrials(sides, runnable, signal);
  durations.runMs += system.clock.monotonicMs() - start;
  return outcomes.map(({ proven, runnable: trial }) => {
    const result = trial && results.get(trial);
    return result ? { ...proven, runs: result.runs, verdict: judgeRun(proven.verdict, result) } : proven;
  });
}

interface Entry {
  /** Place in the list of recorded statements. */
  readonly index: number;
  readonly statement: RecordedStatement;
}

interface Group {
  readonly context: StatementContext;
  readonly members: Entry[];
}

function groupByContext(entries: readonly Entry[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const { role, searchPath } = entry.statement;
    const key = JSON.stringify([role, searchPath]);
    const context = { ...(role === undefined ? {} : { role }), ...(searchPath === undefined ? {} : { searchPath }) };
    const group = groups.get(key) ?? { context, members: [] };
    groups.set(key, group);
    group.members.push(entry);
  }
  return [...groups.values()];
}

function measureCoverage(statements: readonly ProvenStatement[]): ProofReport['coverage'] {
  const share = (weigh: (statement: ProvenStatement) => number): Share => {
    const total = statements.reduce((sum, statement) => sum + weigh(statement), 0);
    const open = statements.filter(({ verdict }) => verdict.kind === 'not provable');
    return { proven: total - open.reduce((sum, statement) => sum + weigh(statement), 0), total };
  };
  return { statements: share(() => 1), calls: share(({ calls }) => calls) };
}
