import { type DesiredInstance, prepareRoll, type RollContext, type RollRequest, runRoll } from '../deploy/index.ts';
import type { PlannedRoll } from '../model/index.ts';
import { loadFrozenRevisions } from './configuration/freeze.ts';
import { buildDesired, chooseReadyProbe } from './desired.ts';
import { requireService } from './observe-facts.ts';
import { createPerformer, emitWaiting, type RunContext } from './run-context.ts';
import { finishStep, STEP_FAILED, startStep } from './step-notes.ts';

/**
 * Rolls services forward: each as soon as the ones it depends on serve their new instances, independent ones side by side. Where it takes long
 * to create instances, that is done while those before them start. When one fails, those in progress are stopped at their next safe place and
 * the first failure is thrown.
 */
export async function rollServices(context: RunContext, rolls: readonly PlannedRoll[]): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([context.signal, failure.signal]);
  const gates = new Map(rolls.map((roll) => [roll.service, { started: createGate(), serving: createGate() }]));
  const finished = rolls.map(async (roll) => {
    const own = gates.get(roll.service);
    const before = roll.after.flatMap((name) => gates.get(name) ?? []);
    const wait = async (gate: 'started' | 'serving'): Promise<void> => {
      await Promise.all(before.map((each) => each[gate].opened));
      signal.throwIfAborted();
    };
    try {
      await rollForward(context, {
        ...{ roll, signal },
        untilOthersStarted: () => wait('started'),
        untilTurn: () => wait('serving'),
        onStarted: () => own?.started.open(),
        onServing() {
          own?.started.open();
          own?.serving.open();
        },
      });
    } catch (error) {
      if (!signal.aborted) await noteFailure(context, { step: `roll:${roll.service}`, error });
      failure.abort(error);
      own?.started.fail(error);
      own?.serving.fail(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(finished);
  // The first one that failed by itself, not one that was stopped because of it.
  if (failure.signal.aborted) throw failure.signal.reason;
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected) throw rejected.reason;
}

/** Records which service failed by itself, for the way back and for people. A journal that cannot be written stops the run anyway. */
async function noteFailure(
  context: RunContext,
  failed: { readonly step: string; readonly error: unknown },
): Promise<void> {
  const reason = failed.error instanceof Error ? failed.error.message : String(failed.error);
  await context.journal.append({ step: failed.step, key: STEP_FAILED, kind: 'note', data: { reason } }).catch(() => {});
}

interface RollForward {
  readonly roll: PlannedRoll;
  readonly signal: AbortSignal;
  /** Those that it depends on have been started. */
  readonly untilOthersStarted: () => Promise<void>;
  /** Those that it depends on serve. */
  readonly untilTurn: () => Promise<void>;
  readonly onStarted: () => void;
  readonly onServing: () => void;
}

async function rollForward(
  context: RunContext,
  { roll, untilOthersStarted, untilTurn, ...heard }: RollForward,
): Promise<void> {
  const { system, installation, release, journal } = context;
  const isAhead = roll.after.length > 0 && installation.runtimeOf(roll.service).isSlowToCreate === true;
  await (isAhead ? untilOthersStarted() : untilTurn());
  const service = requireService(installation, roll.service);
  const component = release.components.find((candidate) => candidate.service === roll.service);
  if (!component) throw new Error(`Release ${release.version} has no component ${roll.service}`);
  const desired = await buildDesired(system, installation, {
    service: { ...service, roll: roll.class },
    component,
    run: journal.run,
    revisions: await loadFrozenRevisions(context),
  });
  await rollOne(context, {
    step: `roll:${roll.service}`,
    ...{ roll, desired, settleMs: service.settleMs, ...heard },
    ...(isAhead ? { untilTurn } : {}),
  });
}

/** Takes services back to the instances they had before the run, in reverse order. Schema is never touched. */
export async function rollServicesBack(context: RunContext, rolls: readonly PlannedRoll[]): Promise<void> {
  for (const roll of [...rolls].reverse()) {
    const original = context.before.originals.find((candidate) => candidate.service === roll.service);
    // A one-shot has done what it did; there is nothing of it to go back to.
    if (roll.class === 'one-shot') continue;
    await rollOne(context, {
      step: `back:${roll.service}`,
      roll,
      desired: (original?.instances ?? []).map((id) => ({ id })),
      settleMs: 0,
      signal: context.signal,
      onStarted: () => {},
      onServing: () => {},
    });
  }
}

interface RollOne extends Omit<RollForward, 'untilOthersStarted' | 'untilTurn'> {
  readonly step: string;
  /** What can be prepared is, before this resolves. */
  readonly untilTurn?: () => Promise<void>;
  readonly desired: readonly DesiredInstance[];
  readonly settleMs: number;
}

async function rollOne(context: RunContext, one: RollOne): Promise<void> {
  const { system, installation } = context;
  const service = requireService(installation, one.roll.service);
  const isBack = one.step.startsWith('back:');
  await startStep(context, one.step);
  const request: RollRequest = {
    service,
    class: one.roll.class,
    ready: chooseReadyProbe(service, isBack ? context.previous : context.release),
    desired: one.desired,
    ...(one.roll.waves ? { waves: one.roll.waves } : {}),
    settleMs: one.settleMs,
    onStarted: one.onStarted,
    onServing: () => {
      system.log.emit({ type: 'roll.serving', run: context.journal.run, step: one.step, service: service.name });
      one.onServing();
    },
  };
  const roll: RollContext = {
    system,
    runtime: installation.runtimeOf(service.name),
    switch: installation.switchOf(service.name),
    perform: createPerformer(context, one.step),
    onWaiting: (what) => emitWaiting(context, one.step, what),
    signal: one.signal,
  };
  if (one.untilTurn) {
    await prepareRoll(roll, request);
    roll.onWaiting(`${one.roll.after.join(', ')} to serve`);
    await one.untilTurn();
  }
  await runRoll(roll, request);
  await finishStep(context, one.step);
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
  fail(reason: unknown): void;
}

function createGate(): Gate {
  let open = () => {};
  let fail: (reason: unknown) => void = () => {};
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  // Nobody may be waiting for it; the failure itself is thrown by the roll.
  opened.catch(() => {});
  return { opened, open, fail };
}
