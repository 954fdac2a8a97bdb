import { formatCount, type Listen } from '../../model/index.ts';
import { noFrontend } from '../errors.ts';
import type { Instance } from '../runtimes/runtime.ts';
import type { FrontendObservation, SwitchTarget, TargetState } from '../switches/switch.ts';
import { observeSides } from './instances.ts';
import type { RollContext, RollWave } from './roll.ts';

const POLL_MS = 20;
/** For a switch that is started again in the middle of a roll: until then nothing is changed. */
const RESTART_MS = 15_000;

/** The targets for these instances, in one state; instances without an address have never listened. */
export function targetsOf(instances: readonly Instance[], state: TargetState): readonly SwitchTarget[] {
  return instances.flatMap((instance) =>
    instance.address
      ? [
          {
            ...{ id: instance.id, address: instance.address, weight: 1, state },
            ...(instance.name === undefined ? {} : { name: instance.name }),
          },
        ]
      : [],
  );
}

/** Makes sure that the service's frontend listens, and would do after a restart of the switch what it does now. */
export async function openFrontend(context: RollContext, request: RollWave): Promise<void> {
  const config = request.service.switch;
  if (config.kind === 'none') return;
  const service = request.service.name;
  const { mode, listen } = config;
  const found = await context.switch.observe(service);
  const isThere = found?.mode === mode && (!listen || describeListen(found.listen) === describeListen(listen));
  if (isThere && found.isWrittenDown !== false) return;
  await context.perform(`open:${service}`, { listen: describeListen(listen) }, (epoch) =>
    context.switch.open({ service, mode, ...(listen ? { listen } : {}) }, epoch),
  );
}

function describeListen(listen: Listen | undefined): string {
  return listen ? `${listen.host}:${listen.port}` : 'its own';
}

/** True when new requests go to all of these instances already. */
export async function isServing(
  context: RollContext,
  request: RollWave,
  instances: readonly Instance[],
): Promise<boolean> {
  const { targets } = await observeFrontend(context, request.service.name);
  const active = new Set(targets.filter((target) => target.state === 'active').map((target) => target.id));
  return instances.every((instance) => active.has(instance.id));
}

/** Changes where new requests of a wave go, unless they go there already. Resolves once it is confirmed. */
export async function switchTraffic(
  context: RollContext,
  request: RollWave,
  change: { readonly targets: readonly SwitchTarget[]; readonly isHeld: boolean; readonly why: string },
): Promise<void> {
  const service = request.service.name;
  const now = await observeFrontend(context, service);
  const kept = await findKept(context, request, now);
  const targets = [...change.targets, ...kept];
  // Nobody has to wait while another host serves.
  const isHeld = change.isHeld && !kept.some(({ state }) => state === 'active');
  if (now.isHeld === isHeld && isSame(now, targets)) return;
  await context.perform(
    `switch:${service}:${change.why}`,
    { targets: targets.map((target) => `${target.id}=${target.state}`), isHeld },
    (epoch) => context.switch.change(service, { targets, isHeld }, epoch),
  );
}

/** The targets on hosts of other waves, as they are. */
async function findKept(
  context: RollContext,
  request: RollWave,
  now: FrontendObservation,
): Promise<readonly SwitchTarget[]> {
  if (request.hosts === undefined) return [];
  const ids = new Set((await observeSides(context, request)).bystanders.map(({ id }) => id));
  return now.targets
    .filter(({ id }) => ids.has(id))
    .map(({ id, address, weight, state }) => ({ id, address, weight, state }));
}

/** Waits until targets have nothing in flight, or for the service's drain time; what is left then is cut off when they stop. */
export async function drain(context: RollContext, request: RollWave, ids: readonly string[]): Promise<void> {
  const { clock } = context.system;
  const deadline = clock.monotonicMs() + request.service.drainMs;
  for (;;) {
    const { targets } = await observeFrontend(context, request.service.name);
    const inFlight = targets
      .filter((target) => ids.includes(target.id))
      .reduce((sum, target) => sum + target.inFlight, 0);
    if (inFlight === 0 || clock.monotonicMs() > deadline) return;
    context.onWaiting(`${formatCount(inFlight, 'request')} of old ${request.service.name} to finish`);
    await clock.sleep(POLL_MS, context.signal);
  }
}

async function observeFrontend(context: RollContext, service: string): Promise<FrontendObservation> {
  const { clock } = context.system;
  const deadline = clock.monotonicMs() + RESTART_MS;
  for (;;) {
    const found = await context.switch.observe(service);
    if (found) return found;
    if (clock.monotonicMs() > deadline) throw noFrontend(service);
    context.onWaiting(`the switch of ${service}`);
    await clock.sleep(POLL_MS, context.signal);
  }
}

function isSame(now: FrontendObservation, targets: readonly SwitchTarget[]): boolean {
  const describe = (target: SwitchTarget) =>
    `${target.id} ${target.address.host}:${target.address.port} ${target.weight} ${target.state}`;
  return now.targets.map(describe).sort().join() === targets.map(describe).sort().join();
}
