import { ExitCode, OnwardError, type StepKind, type TotalMoment } from '../model/index.ts';
import { asRefusal } from '../system/index.ts';
import { endRun, type HopOutcome } from './end-run.ts';
import { goBack } from './go-back.ts';
import { parkRun } from './park-run.ts';
import { isPastReturn } from './past-return.ts';
import { PauseRequest } from './pause.ts';
import { rollServices } from './roll-services.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './run-state.ts';
import { finishStep, mirrorRun, startStep } from './step-notes.ts';
import { runCommit } from './steps/commit.ts';
import { runData } from './steps/data.ts';
import { handOverSwitch } from './steps/hand-over-switch.ts';
import { runExpand, runPostdeploy } from './steps/migrations.ts';
import { runSkewCheck } from './steps/skew-check.ts';
import { runStage } from './steps/stage.ts';
import { runVerify } from './steps/verify.ts';
import { compareTotalsAfter } from './totals.ts';
import { isUndecidable } from './undecidable.ts';

/** The steps that do something, in their order. Before the first roll a failure leaves the old release serving, untouched. */
const STEPS: readonly { readonly kind: StepKind; readonly run: (context: RunContext) => Promise<void> }[] = [
  { kind: 'stage', run: runStage },
  { kind: 'expand', run: thenCompare(runExpand, 'expand') },
  {
    kind: 'skew-check',
    async run(context) {
      // The old release is then checked behind the switch that the roll will use.
      await handOverSwitch(context);
      await runSkewCheck(context);
    },
  },
  { kind: 'roll', run: thenCompare((context) => rollServices(context, context.rolls), 'roll') },
  { kind: 'data', run: thenCompare(runData, 'data') },
  { kind: 'postdeploy', run: thenCompare(runPostdeploy, 'postdeploy') },
  { kind: 'verify', run: runVerify },
  { kind: 'commit', run: runCommit },
];

/** The steps after which a run can be parked. */
export const SAFE_STEPS: readonly StepKind[] = [
  'preflight',
  'stage',
  'expand',
  'skew-check',
  'roll',
  'data',
  'postdeploy',
  'verify',
];

/**
 * Carries a hop out from its first step, or from wherever reality says that it was cut off: every step looks at what is there and
 * does what is missing. Ends committed, back on the old release, stopped with the old release serving, or parked.
 */
export async function runHop(
  context: RunContext,
  options: { readonly state: RunState; readonly until?: StepKind },
): Promise<HopOutcome> {
  const { state, until } = options;
  if (state.direction === 'back') return goBack(context, { reason: state.backReason ?? 'asked for' });
  if (until === 'preflight') return parkRun(context, { after: until });
  let hasRolled = state.rolled.length > 0;
  for (const step of STEPS) {
    if (step.kind === 'roll') hasRolled = true;
    try {
      context.signal.throwIfAborted();
      await runStep(context, step);
    } catch (error) {
      return failStep(context, { error, step: step.kind, hasRolled });
    }
    if (step.kind === until) return parkRun(context, { after: step.kind });
  }
  return endRun(context, 'committed');
}

/** A step that is done only when the totals behind it are what they must be. */
function thenCompare(run: (context: RunContext) => Promise<void>, moment: TotalMoment) {
  return async (context: RunContext): Promise<void> => {
    await run(context);
    await compareTotalsAfter(context, moment);
  };
}

async function runStep(context: RunContext, step: (typeof STEPS)[number]): Promise<void> {
  // Rolls and their services are steps of their own in the journal.
  if (step.kind === 'roll') return step.run(context);
  const startedAt = context.system.clock.monotonicMs();
  await startStep(context, step.kind);
  await step.run(context);
  await finishStep(context, step.kind, { ms: Math.round(context.system.clock.monotonicMs() - startedAt) });
}

interface Failure {
  readonly error: unknown;
  readonly step: StepKind;
  readonly hasRolled: boolean;
}

/** Decides what a failure means: pause, lost lease, stop where nothing has rolled, or the way back that was chosen before the start. */
async function failStep(context: RunContext, failure: Failure): Promise<HopOutcome> {
  const { step, hasRolled } = failure;
  const error = asRefusal(failure.error) ?? failure.error;
  if (context.lease.signal.aborted) throw context.lease.signal.reason;
  if (isPause(error)) return parkRun(context, { after: step });
  if (isUndecidable(error)) throw error;
  if (step === 'commit') throw error;
  const reason = error instanceof Error ? error.message : String(error);
  context.system.log.emit({ type: 'step.failed', run: context.journal.run, step, reason });
  if (!hasRolled) return endRun(context, 'stopped', error);
  // Somebody has paused it, or its database went away: the same command goes on, however late.
  if (step === 'data' && error instanceof OnwardError && error.exit === ExitCode.paused)
    return { ...(await parkRun(context, { after: step })), error };
  // Rows take their time, and both releases work with either shape: nothing goes back for them.
  if (step === 'data' || context.start.rollback === 'none' || isPastReturn(context)) {
    await mirrorRun(context, { step, outcome: 'unfinished' });
    return { outcome: 'needs-operator', error };
  }
  return goBack(context, { reason, error });
}

function isPause(error: unknown): boolean {
  return error instanceof PauseRequest;
}
