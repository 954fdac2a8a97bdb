import { isPassable, type Json } from '../../model/index.ts';
import { asRefusal, type System } from '../../system/index.ts';
import { endRun, type HopOutcome } from '../end-run.ts';
import { checksFailBefore } from '../errors.ts';
import type { Installation } from '../installation.ts';
import type { Journal } from '../journal.ts';
import type { Lease } from '../lease.ts';
import { parkRun } from '../park-run.ts';
import { createPauseSignal, PauseRequest } from '../pause.ts';
import { undoQuarantines } from '../quarantines.ts';
import type { RunContext } from '../run-context.ts';
import { type Before, RUN_KEYS, type RunStart, readRunState } from '../run-state.ts';
import { finishStep, mirrorRun, startStep } from '../step-notes.ts';
import { observeChecks } from '../steps/run-checks.ts';
import { totalsUnusable } from '../total-errors.ts';
import { findTotalProblems, listContractTotals, readTotals } from '../totals.ts';
import { isUndecidable } from '../undecidable.ts';
import type { ContractContext } from './contract-context.ts';
import { recordGates, restoreTriggers, runBackups, runContractVerify, runRemoval } from './contract-steps.ts';
import { contractClosed } from './errors.ts';
import type { PreparedContract } from './prepare-contract.ts';
import { type HeldQuarantine, holdQuarantine, wantsQuarantine } from './quarantine-step.ts';

export interface HeldContract {
  readonly start: RunStart;
  readonly prepared: PreparedContract;
  readonly journal: Journal;
  readonly lease: Lease;
  readonly pause: AbortSignal;
}

interface ContractStep {
  readonly kind: string;
  readonly run: (context: ContractContext) => Promise<void>;
}

/** Steps before the old shape goes. A failure in one of them leaves it whole. */
const BEFORE: readonly ContractStep[] = [
  { kind: 'preflight', run: recordGates },
  { kind: 'backup', run: runBackups },
];

/**
 * Carries a contract run out, new or taken up: whatever was done is looked up in the ledger, so every step does what is missing. It goes
 * forward only. A gate that is shut, or a failure, ends it with what is still pending in place.
 */
export async function carryOutContract(
  system: System,
  installation: Installation,
  held: HeldContract,
): Promise<HopOutcome> {
  const { journal, lease, start, prepared } = held;
  const isResumed = journal.records.length > 0;
  const data = start as unknown as Record<string, Json>;
  if (!isResumed) await journal.append({ step: 'resolve', key: RUN_KEYS.started, kind: 'decision', data });
  const { from, to, target } = start;
  system.log.emit({ type: 'run.started', run: journal.run, kind: 'contract', from, to, target, isResumed });
  await journal.append({ step: 'lease', key: RUN_KEYS.taken, kind: 'note', data: { epoch: lease.epoch } });
  // Whatever a killed run has left in force: nobody watches it, and its time begins anew.
  await undoQuarantines(system, installation, { because: 'begun anew' });
  const base = await createContext(system, installation, held);
  const context: ContractContext = { base, prepared, owed: prepared.owed };
  if (prepared.plan.gates.some((gate) => !isPassable(gate))) return stop(context, contractClosed(prepared.plan));
  return runSteps(context);
}

async function runSteps(context: ContractContext): Promise<HopOutcome> {
  const { base, prepared } = context;
  const isPending = prepared.plan.databases.length > 0;
  const quarantine: { held?: HeldQuarantine } = {};
  let step = 'preflight';
  try {
    if (isPending) {
      if (!base.journal.records.some(({ step: at }) => at === 'contract')) assertUsable(base);
      for (const { kind, run } of BEFORE) {
        step = kind;
        await runStep(context, { kind, run });
      }
      if (wantsQuarantine(context)) {
        step = 'quarantine';
        const hold = async () => {
          quarantine.held = await holdQuarantine(context);
        };
        await runStep(context, { kind: step, run: hold });
      }
      step = 'contract';
      await runStep(context, { kind: step, run: runRemoval });
      await quarantine.held?.end('contracted');
    }
    step = 'verify';
    await runStep(context, { kind: step, run: runContractVerify });
  } catch (error) {
    // That privileges are still taken is worse news than why the removal did not follow.
    const worse = await quarantine.held?.end('stopped').catch((thrown: unknown) => thrown);
    return judge(context, { error: worse ?? asRefusal(error) ?? error, step });
  }
  return endRun(base, 'committed');
}

/** Checks and totals that are wrong already tell nothing afterwards. */
function assertUsable(base: RunContext): void {
  const failing = (base.before.checks as unknown as Awaited<ReturnType<typeof observeChecks>>).filter(({ ok }) => !ok);
  if (failing.length > 0) throw checksFailBefore(failing.map(({ name, evidence }) => `${name}: ${evidence}`));
  const problems = findTotalProblems(base, base.before.totals);
  if (problems.length > 0) throw totalsUnusable(problems);
}

async function runStep(context: ContractContext, { kind, run }: ContractStep): Promise<void> {
  const { base } = context;
  base.signal.throwIfAborted();
  const startedAt = base.system.clock.monotonicMs();
  await startStep(base, kind);
  await run(context);
  await finishStep(base, kind, { ms: Math.round(base.system.clock.monotonicMs() - startedAt) });
}

/** What a failure means. Behind the changes there is no way back, and whoever mends it must be able to upgrade: the run ends. */
async function judge(
  context: ContractContext,
  { error, step }: { readonly error: unknown; readonly step: string },
): Promise<HopOutcome> {
  const { base } = context;
  if (base.lease.signal.aborted) throw base.lease.signal.reason;
  if (error instanceof PauseRequest) return parkRun(base, { after: step, command: 'onward contract' });
  if (isUndecidable(error)) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  base.system.log.emit({ type: 'step.failed', run: base.journal.run, step, reason });
  if (step === 'verify') return endRun(base, 'needs-operator', error);
  return stop(context, error);
}

async function stop(context: ContractContext, error: unknown): Promise<HopOutcome> {
  await restoreTriggers(context);
  return endRun(context.base, 'stopped', error);
}

async function createContext(system: System, installation: Installation, held: HeldContract): Promise<RunContext> {
  const { journal, lease, start, pause } = held;
  const base = {
    system,
    installation,
    journal,
    lease,
    start,
    release: await installation.source.release(start.from),
    previous: undefined,
    releaseDigest: start.releaseDigest,
    rolls: [],
    totals: await listContractTotals(installation, start.from),
    signal: AbortSignal.any([lease.signal, createPauseSignal(pause)]),
  };
  const before = readRunState(journal.records)?.before ?? (await observeBefore(base));
  return { ...base, before };
}

/** What can only be known before the first change. */
async function observeBefore(base: Omit<RunContext, 'before'>): Promise<Before> {
  const { system, installation, journal, totals, signal } = base;
  const before: Before = {
    rolls: [],
    originals: [],
    checks: (await observeChecks(installation)) as unknown as Json,
    totals: await readTotals(system, installation, { totals, moment: 'before', signal }),
    traffic: {},
  };
  const data = before as unknown as Record<string, Json>;
  await journal.append({ step: 'preflight', key: RUN_KEYS.before, kind: 'observe', data });
  await mirrorRun(base, { step: 'preflight', outcome: 'unfinished' });
  return before;
}
