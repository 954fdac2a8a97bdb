import type { CheckObservation } from '../checks/index.ts';
import { type Digest, isPassable, type Json, type StepKind } from '../model/index.ts';
import { planUpgrade } from '../plan/index.ts';
import type { System } from '../system/index.ts';
import { recordAccepted } from './accept/record-accepted.ts';
import { migrateRange, toRevision } from './configuration/observe-configuration.ts';
import { endRun, type HopOutcome } from './end-run.ts';
import { checksFailBefore, gatesClosed, pastReturn } from './errors.ts';
import { recordEvents } from './event-log.ts';
import { goBack } from './go-back.ts';
import type { Installation } from './installation.ts';
import { type Journal, type JournalProbe, openJournal } from './journal.ts';
import type { Lease } from './lease.ts';
import { isPastReturn } from './past-return.ts';
import { createPauseSignal } from './pause.ts';
import type { Prepared } from './prepare.ts';
import type { RunContext } from './run-context.ts';
import { runHop } from './run-hop.ts';
import { type Before, RUN_KEYS, type RunStart, type RunState, readRunState } from './run-state.ts';
import { mirrorRun, STEP_STARTED } from './step-notes.ts';
import { observeChecks } from './steps/run-checks.ts';
import { observeTraffic } from './steps/traffic.ts';
import { totalsUnusable } from './total-errors.ts';
import { findTotalProblems, listTotals, readTotals } from './totals.ts';
import { withLease } from './with-lease.ts';

export interface OneHop {
  readonly run: string;
  readonly start: RunStart;
  /** Observes and plans under the lease; throws when the world is not the one that was agreed to. */
  readonly prepareAgain: () => Promise<Prepared>;
  readonly only?: string;
  readonly until?: StepKind;
  readonly pause: AbortSignal;
  readonly journalProbe?: JournalProbe;
  /** Take the run back instead of forward. */
  readonly isBack?: boolean;
}

/**
 * Takes the lease, looks at everything again now that nobody else can change it, opens the journal and carries out one run, new or taken
 * up. Whatever happens, the lease is given back.
 */
export async function runOneHop(system: System, installation: Installation, hop: OneHop): Promise<HopOutcome> {
  const { run, journalProbe: probe } = hop;
  const { stateDirectory } = installation.deployment;
  const work = async (lease: Lease): Promise<HopOutcome> => {
    const prepared = await hop.prepareAgain();
    const journal = await openJournal(system, { stateDirectory, run, epoch: lease.epoch, probe });
    const stopRecording = recordEvents(system, { stateDirectory, run });
    try {
      return await carryOut(system, installation, { ...hop, prepared, journal, lease });
    } finally {
      await journal.close();
      await stopRecording();
    }
  };
  return withLease(system, installation, { run, work });
}

interface Held extends OneHop {
  readonly prepared: Prepared;
  readonly journal: Journal;
  readonly lease: Lease;
}

async function carryOut(system: System, installation: Installation, hop: Held): Promise<HopOutcome> {
  const { journal, lease, start } = hop;
  const isResumed = journal.records.length > 0;
  const data = start as unknown as Record<string, Json>;
  if (!isResumed) await journal.append({ step: 'resolve', key: RUN_KEYS.started, kind: 'decision', data });
  system.log.emit({
    type: 'run.started',
    run: hop.run,
    from: start.from,
    to: start.to,
    target: start.target,
    isResumed,
  });
  await journal.append({ step: 'lease', key: RUN_KEYS.taken, kind: 'note', data: { epoch: lease.epoch } });
  const state = readRunState(journal.records);
  if (!state) throw new Error('The journal has no first record');
  const { facts } = hop.prepared;
  const release = facts.releases.get(start.to);
  if (!release) throw new Error(`The facts hold no release ${start.to}`);
  const base = {
    system,
    installation,
    journal,
    lease,
    start,
    release,
    previous: facts.releases.get(start.from),
    releaseDigest: start.releaseDigest,
    totals: await listTotals(installation, start),
    signal: AbortSignal.any([lease.signal, createPauseSignal(hop.pause)]),
  };
  const before = state.before ?? (await observeBefore(base, hop));
  const rolls = before.rolls.filter((roll) => hop.only === undefined || roll.service === hop.only);
  const context: RunContext = { ...base, before, rolls };
  if (hop.isBack && isPastReturn(context)) throw pastReturn(release.version);
  if (hop.isBack) return goBack(context, { reason: 'the operator asked to go back', scope: 'run' });
  const shut = hop.prepared.plan.gates.filter((gate) => !isPassable(gate));
  if (shut.length > 0) return closedGates(context, { hop, state });
  await recordAccepted(journal, hop.prepared.plan);
  const unusable = findUnusableBefore(context);
  if (unusable) return endRun(context, 'stopped', unusable);
  const until = hop.until ?? (hop.only === undefined ? undefined : 'roll');
  return runHop(context, { state, ...(until === undefined ? {} : { until }) });
}

/** What was seen before, when nothing can be compared with it and nothing has begun yet. */
function findUnusableBefore(context: RunContext): Error | undefined {
  const { start, before, journal } = context;
  const hasBegun = journal.records.some(({ key }) => key === STEP_STARTED);
  if (hasBegun || start.from === 'none') return undefined;
  // What runs is what is to be mended.
  const failing = start.from === start.to ? [] : describeFailing(before);
  if (failing.length > 0) return checksFailBefore(failing);
  const problems = findTotalProblems(context, before.totals);
  return problems.length > 0 ? totalsUnusable(problems) : undefined;
}

/** Checks that fail before anything changed: what they would say afterwards could not be told from what they say now. */
function describeFailing(before: Before): readonly string[] {
  const observed = before.checks as unknown as readonly CheckObservation[];
  return observed.filter((check) => !check.ok).map((check) => `${check.name}: ${check.evidence}`);
}

/** A run that is taken up and finds a gate shut: where nothing has rolled it ends; else it goes back to the old release. */
async function closedGates(
  context: RunContext,
  at: { readonly hop: Held; readonly state: RunState },
): Promise<HopOutcome> {
  const error = gatesClosed(at.hop.prepared.plan);
  await context.journal.append({
    step: 'preflight',
    key: 'gates',
    kind: 'decision',
    data: { open: false, detail: error.detail },
  });
  if (at.state.rolled.length === 0) return endRun(context, 'stopped', error);
  if (isPastReturn(context)) return { outcome: 'needs-operator', error };
  return goBack(context, { reason: error.message, error });
}

/** What can only be known before the first change: which instances to come back to, totals, and what has been carried so far. */
async function observeBefore(base: Omit<RunContext, 'before' | 'rolls'>, hop: Held): Promise<Before> {
  const { system, installation, journal, totals, signal } = base;
  const { facts, request } = hop.prepared;
  const { only: _, ...whole } = request;
  const planned = planUpgrade(facts, whole).hops[0]?.steps ?? [];
  const running = facts.instances.filter((instance) => instance.state === 'running' || instance.state === 'waiting');
  const before: Before = {
    rolls: planned.flatMap((step) => (step.roll ? [step.roll] : [])),
    originals: installation.deployment.services.map(({ name }) => ({
      service: name,
      instances: running.filter((instance) => instance.service === name).map((instance) => instance.id),
    })),
    checks: facts.current ? ((await observeChecks(installation)) as unknown as Json) : [],
    totals: facts.current ? await readTotals(system, installation, { totals, moment: 'before', signal }) : [],
    configuration: await observeRevisions(base),
    traffic: await observeTraffic(system, installation),
  };
  await journal.append({
    step: 'preflight',
    key: RUN_KEYS.before,
    kind: 'observe',
    data: before as unknown as Record<string, Json>,
  });
  await mirrorRun(base, { step: 'preflight', outcome: 'unfinished' });
  return before;
}

/** What the configuration files are going to be, so that a file which is edited between here and the moment at which they are frozen is noticed. */
async function observeRevisions({
  system,
  installation,
  start,
}: Pick<RunContext, 'system' | 'installation' | 'start'>): Promise<{ readonly [name: string]: Digest }> {
  if (installation.deployment.configuration.length === 0) return {};
  const { migrated } = await migrateRange(system, installation, start);
  const revisions = migrated.flatMap((each) => toRevision(installation, each) ?? []);
  return Object.fromEntries(revisions.map(({ file, digest }) => [file.name, digest]));
}
