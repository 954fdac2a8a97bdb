import type { RollClass } from '../../model/index.ts';
import { createWanted, stopOthers } from './instances.ts';
import { rollOneShot } from './one-shot.ts';
import { rollOverlap } from './overlap.ts';
import type { RollContext, RollRequest, RollStage } from './roll.ts';
import { rollStartFirst } from './start-first.ts';
import { rollStopFirst } from './stop-first.ts';
import { openFrontend, switchTraffic } from './traffic.ts';
import { splitWaves } from './waves.ts';

const CLASSES: Readonly<Record<RollClass, RollStage>> = {
  'start-first': rollStartFirst,
  'stop-first': rollStopFirst,
  overlap: rollOverlap,
  'one-shot': rollOneShot,
};

/**
 * Does ahead of a roll's turn what takes long and changes nothing that serves: creates what it is going to start. Hosts that are rolled one
 * after the other get theirs in their turn.
 */
export async function prepareRoll(context: RollContext, request: RollRequest): Promise<void> {
  if (context.runtime.isSlowToCreate && !request.waves) await createWanted(context, request);
}

/**
 * Brings one service to its desired instances, whatever is there now: forward, back, or again after it was cut off. On failure the
 * service is left as it is, observable, for the run to decide.
 */
export async function runRoll(context: RollContext, request: RollRequest): Promise<void> {
  if (request.desired.length > 0) {
    for (const wave of await splitWaves(context.runtime, request)) await CLASSES[request.class](context, wave);
    return keepServing(context, request);
  }
  if (request.service.switch.kind !== 'none') {
    await openFrontend(context, request);
    await switchTraffic(context, request, { targets: [], isHeld: false, why: 'none' });
  }
  await stopOthers(context, request);
  request.onServing();
}

/** The operator's own tools find what serves as it is. */
async function keepServing({ runtime, perform }: RollContext, { service, desired }: RollRequest): Promise<void> {
  const ids = desired.map(({ id }) => id);
  const effect = await runtime.keep?.(service.name, ids);
  if (effect) await perform(`keep:${service.name}`, { instances: ids }, effect);
}
