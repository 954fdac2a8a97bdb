import { endedEarly, neverReady } from '../errors.ts';
import { probeInstance } from '../probe.ts';
import type { Instance } from '../runtimes/runtime.ts';
import type { RollContext, RollWave } from './roll.ts';

const POLL_MS = 20;
/** Probes in a row that must succeed, so that one lucky answer is not taken for readiness. */
const CONSECUTIVE_PROBES = 2;
/** Crashes of a new instance before it is given up, within the time it has to become ready. */
const CRASHES_ALLOWED = 2;
const TAIL_LINES = 15;
/** How long the end of an instance that is gone may take to be recorded. */
const EXIT_KNOWN_MS = 1_000;

export interface Sides {
  readonly wanted: readonly Instance[];
  /** Everything else of the service that has, or may have, a process. */
  readonly others: readonly Instance[];
  /** Of those that are not wanted, what has no process although nobody has stopped it. */
  readonly fallen: readonly Instance[];
  /** What runs on hosts of other waves: it goes on as it is. */
  readonly bystanders: readonly Instance[];
}

/** Looks at the service's instances anew and sorts them by whether they are wanted at the end. */
export async function observeSides(context: RollContext, request: RollWave): Promise<Sides> {
  const { hosts } = request;
  const all = await context.runtime.list(request.service.name);
  const instances = all.filter(({ host }) => isMeant(host, hosts));
  const ids = new Set(request.desired.map((instance) => instance.id));
  return {
    wanted: instances.filter((instance) => ids.has(instance.id)),
    others: instances.filter((instance) => !ids.has(instance.id) && hasProcess(instance)),
    fallen: instances.filter((instance) => !ids.has(instance.id) && instance.state === 'lost'),
    bystanders: all.filter((instance) => !isMeant(instance.host, hosts) && hasProcess(instance)),
  };
}

function isMeant(host: string | undefined, hosts: RollWave['hosts']): boolean {
  return hosts === undefined || (host !== undefined && hosts.includes(host));
}

/** A state that cannot be told counts as having a process: it must be stopped, not forgotten. */
export function hasProcess(instance: Pick<Instance, 'state'>): boolean {
  return instance.state === 'running' || instance.state === 'waiting' || instance.state === 'unknown';
}

/** Creates what is wanted and is not there; nothing of it runs, and what serves goes on as it is. Returns what was there before. */
export async function createWanted(context: RollContext, request: RollWave): Promise<readonly Instance[]> {
  const { wanted } = await observeSides(context, request);
  await Promise.all(
    request.desired.map(async ({ id, spec }) => {
      if (!spec || wanted.some((instance) => instance.id === id)) return;
      await context.perform(`create:${id}`, { instance: id }, (epoch) => context.runtime.create(spec, epoch));
    }),
  );
  return wanted;
}

/** Creates and starts what is wanted and does not run. */
export async function startWanted(context: RollContext, request: RollWave): Promise<void> {
  const found = await createWanted(context, request);
  context.signal.throwIfAborted();
  await Promise.all(
    request.desired.map(async ({ id }) => {
      if (found.some((instance) => instance.id === id && hasProcess(instance))) return;
      await context.perform(`start:${id}`, { instance: id }, (epoch) => context.runtime.start(id, epoch));
    }),
  );
  request.onStarted();
}

/** Waits until every wanted instance has been ready several times in a row; returns them as they are then. */
export async function waitUntilReady(context: RollContext, request: RollWave): Promise<readonly Instance[]> {
  const { clock } = context.system;
  const deadline = clock.monotonicMs() + request.service.readyTimeoutMs;
  const streaks = new Map<string, number>();
  context.onWaiting(`${request.service.name} to become ready`);
  for (;;) {
    context.signal.throwIfAborted();
    const lookedMs = clock.monotonicMs();
    const { wanted } = await observeSides(context, request);
    const results = await Promise.all(
      wanted.map(async (instance) => ({
        instance,
        result: await probeInstance(context.system, instance, request.ready),
      })),
    );
    for (const { instance, result } of results) {
      streaks.set(instance.id, result.isReady ? (streaks.get(instance.id) ?? 0) + 1 : 0);
    }
    if (request.desired.every(({ id }) => (streaks.get(id) ?? 0) >= CONSECUTIVE_PROBES)) return wanted;
    const late = results.find(({ instance, result }) => !result.isReady && hasFailed(instance));
    if (late || clock.monotonicMs() > deadline) {
      const worst = late ?? results.find(({ result }) => !result.isReady) ?? results[0];
      throw neverReady({
        service: request.service.name,
        instance: worst?.instance.id ?? request.desired[0]?.id ?? '',
        log: worst?.instance.log,
        evidence: worst?.result.evidence ?? 'it is not there',
        limitMs: request.service.readyTimeoutMs,
        tail: worst ? await context.runtime.tail(worst.instance.id, TAIL_LINES) : [],
      });
    }
    // Looking at other machines takes its time, and theirs: a third of it is rest.
    await clock.sleep(Math.max(POLL_MS, (clock.monotonicMs() - lookedMs) / 2), context.signal);
  }
}

function hasFailed(instance: Instance): boolean {
  return instance.state === 'stopped' || instance.state === 'lost' || instance.restarts > CRASHES_ALLOWED;
}

/**
 * Watches the wanted instances for a while: one that ends, or had to be started again, is a failure. One that cannot be told is watched until it
 * can, for as long as it may take to become ready.
 */
export async function settle(context: RollContext, request: RollWave): Promise<void> {
  const { clock } = context.system;
  const until = clock.monotonicMs() + request.settleMs;
  const before = new Map((await observeSides(context, request)).wanted.map((found) => [found.id, found.restarts]));
  context.onWaiting(`${request.service.name} to stay up for ${request.settleMs} ms`);
  let isKnown = true;
  while (clock.monotonicMs() < until || !isKnown) {
    await clock.sleep(POLL_MS * 5, context.signal);
    const { wanted } = await observeSides(context, request);
    isKnown = wanted.every(({ state }) => state !== 'unknown');
    if (!isKnown && clock.monotonicMs() < until + request.service.readyTimeoutMs) continue;
    const fallen = wanted.find((found) => found.state !== 'running' || found.restarts > (before.get(found.id) ?? 0));
    if (fallen || wanted.length < request.desired.length) {
      const instance = fallen?.id ?? request.desired[0]?.id ?? '';
      throw endedEarly({
        service: request.service.name,
        instance,
        log: fallen?.log,
        exit: await findExit(context, request, instance),
        tail: await context.runtime.tail(instance, TAIL_LINES),
      });
    }
  }
}

/** How an instance ended; its end is seen a moment before it is recorded. */
async function findExit(
  context: RollContext,
  request: RollWave,
  instance: string,
): Promise<Instance['exit'] | undefined> {
  const { clock } = context.system;
  const deadline = clock.monotonicMs() + EXIT_KNOWN_MS;
  for (;;) {
    const { wanted } = await observeSides(context, request);
    const exit = wanted.find(({ id }) => id === instance)?.exit;
    if (exit || clock.monotonicMs() > deadline) return exit;
    await clock.sleep(POLL_MS, context.signal);
  }
}

/**
 * Stops everything of the service that is not wanted; the specifications stay, so that it can come back. So is what is down and was not asked
 * to be: a host that boots would start it again, beside what serves then.
 */
export async function stopOthers(context: RollContext, request: RollWave): Promise<void> {
  const { others, fallen } = await observeSides(context, request);
  const unwanted = [...others, ...fallen];
  if (unwanted.length > 0) context.onWaiting(`old instances of ${request.service.name} to stop`);
  await Promise.all(
    unwanted.map((instance) =>
      context.perform(`stop:${instance.id}`, { instance: instance.id }, (epoch) =>
        context.runtime.stop(instance.id, epoch),
      ),
    ),
  );
}
