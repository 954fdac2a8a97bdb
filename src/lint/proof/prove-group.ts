import type { PostgresError, SqlParser, System } from '../../system/index.ts';
import type { RecordedStatement } from '../record/statements-file.ts';
import { compareShapes } from './compare-shapes.ts';
import { type NamedStatement, planStatements } from './plan-statements.ts';
import { describeFailure, type PreparedTrial, prepareTrials, type SettledTrial, type Trial } from './prepare-trials.ts';
import type { ProofReport, ProvenStatement, ShapeChange, Verdict } from './report.ts';
import type { RunTrial } from './run/run-trials.ts';
import type { Sides, StatementContext } from './sides.ts';
import { nameTypes } from './type-names.ts';

/** What a proof has at hand. */
export interface Proof {
  readonly system: System;
  readonly sides: Sides;
  readonly parser: SqlParser;
  readonly durations: { -readonly [name in keyof ProofReport['durations']]: number };
  readonly signal: AbortSignal | undefined;
}

export interface Outcome {
  readonly index: number;
  readonly statement: RecordedStatement;
  readonly proven: ProvenStatement;
  /** The role may not run it on the schema before either, so nothing was learnt. */
  readonly isDenied: boolean;
  /** What can be run as well; `undefined` when planning has settled it. */
  readonly runnable?: RunTrial;
}

const DENIED = '42501';

/** Judges statements of one context, which both sessions are in. */
export async function proveGroup(
  proof: Proof,
  entries: readonly { readonly index: number; readonly statement: RecordedStatement }[],
  context: StatementContext,
): Promise<readonly Outcome[]> {
  // The same statement may be tried again in another context, and its name must be free then.
  const as = context.role === undefined ? 'o' : 'r';
  const trials = entries.map((entry): Trial => ({ ...entry, name: `onward_${as}${entry.index}` }));
  const start = proof.system.clock.monotonicMs();
  const { prepared, settled } = await prepareTrials(proof.sides, trials, proof);
  proof.durations.prepareMs += proof.system.clock.monotonicMs() - start;
  const unplanned = prepared.filter(({ isPlannable }) => !isPlannable).map(leaveUnplanned);
  const planned = prepared.filter(({ isPlannable }) => isPlannable);
  const verdicts = await planTrials(proof, planned);
  const outcomes = [...settled, ...unplanned].map((trial) => toOutcome(trial, context));
  for (const trial of await compareTrials(proof, planned)) {
    const planVerdict = verdicts.get(trial.name);
    const { changes, parameterTypes, ...rest } = trial;
    if (planVerdict) outcomes.push(toOutcome({ ...rest, ...planVerdict }, context));
    else {
      const outcome = toOutcome({ ...rest, ...judgeShape(changes) }, context);
      outcomes.push({ ...outcome, runnable: { ...rest, parameterTypes, context } });
    }
  }
  return outcomes;
}

function leaveUnplanned(trial: PreparedTrial): SettledTrial {
  const why = 'it is no SELECT, INSERT, UPDATE, DELETE or MERGE, so that only its names were looked up';
  return { ...trial, verdict: { kind: 'not provable', why } };
}

/** A statement whose context cannot be entered: a search path that is none. */
export function leaveUnproven(
  { index, statement }: { readonly index: number; readonly statement: RecordedStatement },
  refusal: PostgresError,
): Outcome {
  const why = `its search path cannot be set: ${describeFailure(refusal)}`;
  return toOutcome({ index, statement, name: '', verdict: { kind: 'not provable', why } }, {});
}

type Judgement = Pick<SettledTrial, 'verdict' | 'isDenied'>;

async function planTrials(
  { system, sides, durations, signal }: Proof,
  trials: readonly PreparedTrial[],
): Promise<ReadonlyMap<string, Judgement>> {
  signal?.throwIfAborted();
  const start = system.clock.monotonicMs();
  const [before, after] = await Promise.all([
    planStatements(
      sides.before,
      trials.map((trial) => named(trial, 'before')),
    ),
    planStatements(
      sides.after,
      trials.map((trial) => named(trial, 'after')),
    ),
  ]);
  durations.planMs += system.clock.monotonicMs() - start;
  const judgements = new Map<string, Judgement>();
  for (const trial of trials) {
    const judgement = judgePlans(before.get(trial.name), after.get(trial.name));
    if (judgement) judgements.set(trial.name, judgement);
  }
  return judgements;
}

function named(trial: PreparedTrial, side: 'before' | 'after'): NamedStatement {
  return { name: trial.name, parameterCount: trial[side].shape.parameterTypes.length };
}

function judgePlans(before: PostgresError | undefined, after: PostgresError | undefined): Judgement | undefined {
  if (before) {
    const why = `it cannot be planned on the schema before either: ${describeFailure(before)}`;
    return { verdict: { kind: 'not provable', why }, isDenied: before.code === DENIED };
  }
  if (!after) return undefined;
  return { verdict: { kind: 'breaks', sqlState: after.code, message: after.message, stage: 'plan' } };
}

interface ComparedTrial extends PreparedTrial {
  readonly changes: readonly ShapeChange[];
  /** Names, on the schema before. */
  readonly parameterTypes: readonly string[];
}

async function compareTrials({ sides }: Proof, trials: readonly PreparedTrial[]): Promise<readonly ComparedTrial[]> {
  const shapesOf = (side: 'before' | 'after') =>
    nameTypes(
      sides[side],
      trials.map((trial) => trial[side].shape),
    );
  const [before, after] = await Promise.all([shapesOf('before'), shapesOf('after')]);
  const nothing = { parameters: [], columns: [] };
  return trials.map((trial, index) => {
    const [old = nothing, now = nothing] = [before[index], after[index]];
    return { ...trial, changes: compareShapes(old, now), parameterTypes: old.parameters };
  });
}

function judgeShape(changes: readonly ShapeChange[]): { readonly verdict: Verdict } {
  if (changes.length === 0) return { verdict: { kind: 'same' } };
  return { verdict: { kind: 'shape changed', changes, isBreaking: changes.some(({ isBreaking }) => isBreaking) } };
}

function toOutcome(trial: SettledTrial, { role }: StatementContext): Outcome {
  const { index, statement, verdict, before, isDenied = false } = trial;
  const { sql, calls, origin } = statement;
  const proven: ProvenStatement = {
    sql,
    calls,
    ...(origin === undefined ? {} : { origin }),
    ...(role === undefined ? {} : { role }),
    ...(before === undefined || before.sql === sql ? {} : { repaired: before.sql }),
    verdict,
    runs: 0,
  };
  return { index, statement, proven, isDenied };
}
