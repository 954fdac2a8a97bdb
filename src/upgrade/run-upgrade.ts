import { ExitCode, isPassable, OnwardError, type Plan, type RunOutcome, type StepKind } from '../model/index.ts';
import { lookOnly, type System } from '../system/index.ts';
import { contractUnfinished } from './contract/errors.ts';
import type { HopOutcome } from './end-run.ts';
import { gatesClosed, nothingToRollBack, otherRunUnfinished, planVoid, worldMoved } from './errors.ts';
import { assertNoRunElsewhere, type FoundRun, findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import type { JournalProbe } from './journal.ts';
import { type Prepared, preparePlan, prepareResumed, type UpgradeRequest } from './prepare.ts';
import { createRunId } from './run-id.ts';
import { runOneHop } from './run-one-hop.ts';
import type { RunStart } from './run-state.ts';

export interface RunOptions extends UpgradeRequest {
  /** Stops after this step, at a safe place; the run waits to be taken up. */
  readonly until?: StepKind;
  /** A saved plan to apply; it is void if the world has moved since. */
  readonly savedPlan?: { readonly file: string; readonly plan: Plan };
  /** Asked once, before anything changes. Resolving to false ends without a change. */
  readonly confirm: (plan: Plan, resumes: FoundRun | undefined) => Promise<boolean>;
  /** Aborted when the operator wants to stop at the next safe place. */
  readonly pause: AbortSignal;
  readonly journalProbe?: JournalProbe;
}

export interface RunReport {
  readonly outcome: RunOutcome | 'declined' | 'nothing-to-do';
  readonly exit: ExitCode;
  /** What serves now. */
  readonly release: string;
  readonly error?: unknown;
}

const EXITS: Readonly<Record<RunOutcome, ExitCode>> = {
  committed: ExitCode.done,
  'rolled-back': ExitCode.rolledBack,
  stopped: ExitCode.needsOperator,
  unfinished: ExitCode.paused,
  'needs-operator': ExitCode.needsOperator,
};

/**
 * `onward upgrade` and `onward provision`: takes up the run that has not ended, or plans anew; then carries out hop after hop until the
 * target is completed, a hop ends otherwise, or it is parked. Running it again after any interruption is always right.
 */
export async function runUpgrade(system: System, installation: Installation, options: RunOptions): Promise<RunReport> {
  await assertNoRunElsewhere(system, installation);
  const found = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (found?.state.start.kind === 'contract') throw contractUnfinished(found.run, 'upgrade');
  if (found) return resumeCampaign(system, installation, { ...options, found });
  const prepared = await lookOnly(() => preparePlan(system, installation, options));
  const { plan } = prepared;
  if (options.savedPlan && options.savedPlan.plan.digest !== plan.digest) throw planVoid(options.savedPlan.file);
  if (plan.hops.length === 0 && plan.gates.every(isPassable)) {
    return { outcome: 'nothing-to-do', exit: ExitCode.done, release: plan.to };
  }
  if (plan.gates.some((gate) => !isPassable(gate))) throw gatesClosed(plan);
  if (!(await options.confirm(plan, undefined)))
    return { outcome: 'declined', exit: ExitCode.done, release: plan.from };
  return runCampaign(system, installation, { ...options, prepared });
}

/** `onward rollback`: takes the run that has not ended back to where it began. */
export async function runRollback(system: System, installation: Installation, options: RunOptions): Promise<RunReport> {
  await assertNoRunElsewhere(system, installation);
  const found = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (!found) throw nothingToRollBack();
  if (found.state.start.kind === 'contract') throw contractUnfinished(found.run, 'roll back');
  const prepared = await prepareResumed(system, installation, found);
  if (!(await options.confirm(prepared.plan, found)))
    return { outcome: 'declined', exit: ExitCode.done, release: found.state.start.from };
  const result = await runOneHop(system, installation, {
    ...options,
    run: found.run,
    start: found.state.start,
    prepareAgain: () => prepareFoundAgain(system, installation, found),
    isBack: true,
  });
  return report(result, found.state.start);
}

async function resumeCampaign(
  system: System,
  installation: Installation,
  options: RunOptions & { readonly found: FoundRun },
): Promise<RunReport> {
  const { found } = options;
  const { start } = found.state;
  const wanted = options.savedPlan?.plan.to ?? options.version?.replace(/^v/, '');
  if (wanted !== undefined && ![start.to, start.target, start.requested].includes(wanted)) {
    throw otherRunUnfinished({ run: found.run, from: start.from, to: start.to }, wanted);
  }
  const prepared = await prepareResumed(system, installation, found);
  if (!(await options.confirm(prepared.plan, found)))
    return { outcome: 'declined', exit: ExitCode.paused, release: start.from };
  const result = await runOneHop(system, installation, {
    ...options,
    run: found.run,
    start,
    prepareAgain: () => prepareFoundAgain(system, installation, found),
  });
  if (result.outcome !== 'committed' || start.to === start.target) return report(result, start);
  const next = await preparePlan(system, installation, { ...options, kind: 'upgrade', version: start.target });
  return runCampaign(system, installation, { ...options, prepared: next });
}

/** Hop after hop. The path is chosen again after each one, from what is there then; the target stays the one that was resolved. */
async function runCampaign(
  system: System,
  installation: Installation,
  options: RunOptions & { readonly prepared: Prepared },
): Promise<RunReport> {
  let { prepared } = options;
  const target = prepared.plan.to;
  for (;;) {
    const hop = prepared.plan.hops[0];
    if (!hop) return { outcome: 'committed', exit: ExitCode.done, release: target };
    if (prepared.plan.gates.some((gate) => !isPassable(gate))) throw gatesClosed(prepared.plan);
    const start: RunStart = {
      kind: options.kind,
      deployment: installation.deployment.name,
      from: hop.from,
      to: hop.to,
      target,
      requested: prepared.plan.requested,
      releaseDigest: hop.releaseDigest,
      rollback: options.rollback,
    };
    const run = createRunId(system);
    const agreed = prepared.plan.digest;
    const prepareAgain = async () => {
      const again = await preparePlan(system, installation, { ...options, version: prepared.version, run });
      if (again.plan.digest !== agreed) throw worldMoved(again.plan);
      return again;
    };
    const result = await runOneHop(system, installation, { ...options, run, start, prepareAgain });
    if (result.outcome !== 'committed' || hop.to === target) return report(result, start);
    prepared = await preparePlan(system, installation, { ...options, kind: 'upgrade', version: target });
  }
}

/** The run as it is under the lease; another operator may have ended it until then. */
async function prepareFoundAgain(system: System, installation: Installation, found: FoundRun): Promise<Prepared> {
  const now = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (now?.run !== found.run) throw worldMoved();
  return prepareResumed(system, installation, now);
}

function report(result: HopOutcome, start: RunStart): RunReport {
  const release = result.outcome === 'committed' ? start.to : start.from;
  // Where nothing has rolled, what stopped the run knows best what it means for whoever started it.
  const exit =
    result.outcome === 'stopped' && result.error instanceof OnwardError ? result.error.exit : EXITS[result.outcome];
  return { outcome: result.outcome, exit, release, ...(result.error === undefined ? {} : { error: result.error }) };
}
