import { type ContractPlan, ExitCode, isPassable, OnwardError, type RunOutcome } from '../../model/index.ts';
import { planContract } from '../../plan/index.ts';
import { lookOnly, type System } from '../../system/index.ts';
import type { HopOutcome } from '../end-run.ts';
import { releaseChanged, worldMoved } from '../errors.ts';
import { recordEvents } from '../event-log.ts';
import { assertNoRunElsewhere, type FoundRun, findUnfinishedRun } from '../find-run.ts';
import type { Installation } from '../installation.ts';
import { type JournalProbe, openJournal } from '../journal.ts';
import type { Lease } from '../lease.ts';
import { observeAcceptances } from '../observe-acceptances.ts';
import { prepareLedgers } from '../prepare-ledgers.ts';
import { createRunId } from '../run-id.ts';
import type { RunStart } from '../run-state.ts';
import { withLease } from '../with-lease.ts';
import { beginBaselines } from './begin-baselines.ts';
import { carryOutContract } from './carry-out.ts';
import { contractClosed, contractUnfinished, upgradeUnfinished } from './errors.ts';
import { type ContractRequest, type PreparedContract, prepareContract } from './prepare-contract.ts';

export interface ContractRunOptions extends ContractRequest {
  /** Asked once, before anything changes. Resolving to false ends without a change. */
  readonly confirm: (plan: ContractPlan, resumes: FoundRun | undefined) => Promise<boolean>;
  /** Aborted when the operator wants to stop at the next safe place. */
  readonly pause: AbortSignal;
  readonly journalProbe?: JournalProbe;
}

export interface ContractReport {
  readonly outcome: RunOutcome | 'declined' | 'nothing-to-do';
  readonly exit: ExitCode;
  /** What serves, and the version up to which the old shape is gone when it was committed. */
  readonly release: string;
  readonly upTo: string;
  readonly error?: unknown;
}

const EXITS: Readonly<Record<RunOutcome, ExitCode>> = {
  committed: ExitCode.done,
  'rolled-back': ExitCode.needsOperator,
  stopped: ExitCode.needsOperator,
  unfinished: ExitCode.paused,
  'needs-operator': ExitCode.needsOperator,
};

/**
 * `onward contract`: takes up the contract run that has not ended, or decides anew; then backs up, removes the old shape, and verifies. It
 * goes forward only, and running it again after any interruption is always right. Throws `upgrade.contract-closed` while a gate is shut,
 * and then everything that is pending is in place.
 */
export async function runContract(
  system: System,
  installation: Installation,
  options: ContractRunOptions,
): Promise<ContractReport> {
  await assertNoRunElsewhere(system, installation);
  const found = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (found) return resume(system, installation, { ...options, found });
  const prepared = await lookOnly(() => prepareContract(system, installation, options));
  const { plan, facts } = prepared;
  const ends = { release: plan.release, upTo: plan.upTo };
  const isShut = plan.gates.some((gate) => !isPassable(gate));
  if (plan.databases.length === 0 && !isShut) return { outcome: 'nothing-to-do', exit: ExitCode.done, ...ends };
  if (isShut) throw contractClosed(await observeFromNow(system, installation, prepared));
  if (!(await options.confirm(plan, undefined))) return { outcome: 'declined', exit: ExitCode.done, ...ends };
  const start = await createStart(installation, { from: facts.current, to: facts.upTo });
  const run = createRunId(system);
  const prepareAgain = async () => {
    const again = await prepareContract(system, installation, { version: plan.upTo, run });
    const shut = again.plan.gates.some((gate) => !isPassable(gate));
    if (shut) throw contractClosed(again.plan);
    if (again.plan.digest !== plan.digest) throw worldMoved();
    return again;
  };
  return report(await runHeld(system, installation, { ...options, run, start, prepareAgain }), start);
}

/** Where there was nothing to compare with, observing begins now; the plan says so. */
async function observeFromNow(
  system: System,
  installation: Installation,
  { facts, plan }: PreparedContract,
): Promise<ContractPlan> {
  if (!facts.databases.some(({ statements }) => statements?.kind === 'no-baseline')) return plan;
  await prepareLedgers(system, installation);
  const { list } = await observeAcceptances(installation);
  return planContract(await beginBaselines(system, installation, facts), list);
}

async function createStart(
  installation: Installation,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<RunStart> {
  const releaseDigest = await digestOf(installation, from);
  const { name } = installation.deployment;
  return { kind: 'contract', deployment: name, from, to, target: to, requested: to, releaseDigest, rollback: 'none' };
}

async function digestOf(installation: Installation, version: string): Promise<RunStart['releaseDigest']> {
  const { releases } = await installation.source.catalog();
  const entry = releases.find((candidate) => candidate.version === version);
  if (!entry) throw releaseChanged(version);
  return entry.digest;
}

async function resume(
  system: System,
  installation: Installation,
  options: ContractRunOptions & { readonly found: FoundRun },
): Promise<ContractReport> {
  const { found, version } = options;
  const { start } = found.state;
  if (start.kind !== 'contract') throw upgradeUnfinished({ run: found.run, from: start.from, to: start.to });
  if (version !== undefined && version.replace(/^v/, '') !== start.to)
    throw contractUnfinished(found.run, `contract up to ${version}`);
  // Its files are those of this release, and of no other one by the same name.
  if ((await digestOf(installation, start.from)) !== start.releaseDigest) throw releaseChanged(start.from);
  const prepareAgain = async () => {
    const now = await findUnfinishedRun(system, installation.deployment.stateDirectory);
    if (now?.run !== found.run) throw worldMoved();
    return prepareContract(system, installation, { version: start.to, run: found.run });
  };
  const { plan } = await prepareContract(system, installation, { version: start.to, run: found.run });
  if (!(await options.confirm(plan, found)))
    return { outcome: 'declined', exit: ExitCode.paused, release: start.from, upTo: start.to };
  return report(await runHeld(system, installation, { ...options, run: found.run, start, prepareAgain }), start);
}

interface HeldOptions extends ContractRunOptions {
  readonly run: string;
  readonly start: RunStart;
  /** Looks and decides under the lease. */
  readonly prepareAgain: () => Promise<PreparedContract>;
}

async function runHeld(system: System, installation: Installation, options: HeldOptions): Promise<HopOutcome> {
  const { run, start, pause, journalProbe: probe } = options;
  const { stateDirectory } = installation.deployment;
  const work = async (lease: Lease): Promise<HopOutcome> => {
    const prepared = await options.prepareAgain();
    const journal = await openJournal(system, { stateDirectory, run, epoch: lease.epoch, probe });
    const stopRecording = recordEvents(system, { stateDirectory, run });
    try {
      return await carryOutContract(system, installation, { start, prepared, journal, lease, pause });
    } finally {
      await journal.close();
      await stopRecording();
    }
  };
  return withLease(system, installation, { run, work });
}

function report({ outcome, error }: HopOutcome, start: RunStart): ContractReport {
  // Whatever stopped it knows best what it means for whoever started it.
  const isKnown = outcome === 'stopped' && error instanceof OnwardError;
  const exit = isKnown ? error.exit : EXITS[outcome];
  const ends = { release: start.from, upTo: start.to };
  return { outcome, exit, ...ends, ...(error === undefined ? {} : { error }) };
}
