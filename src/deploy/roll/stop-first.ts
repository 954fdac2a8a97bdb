import { hasProcess, observeSides, settle, startWanted, stopOthers, waitUntilReady } from './instances.ts';
import type { RollContext, RollWave } from './roll.ts';
import { drain, openFrontend, switchTraffic, targetsOf } from './traffic.ts';

/**
 * For singletons, fixed ports and volumes: requests are held by the switch, if there is one, while the old instance is drained and
 * stopped and the new one becomes ready. There is never an old and a new one at once.
 */
export async function rollStopFirst(context: RollContext, request: RollWave): Promise<void> {
  const hasSwitch = request.service.switch.kind !== 'none';
  await openFrontend(context, request);
  const { wanted, others } = await observeSides(context, request);
  const isStarted = wanted.some(hasProcess);
  if (others.length > 0 && hasSwitch) {
    await switchTraffic(context, request, { targets: targetsOf(others, 'draining'), isHeld: true, why: 'hold' });
    await drain(
      context,
      request,
      others.map((instance) => instance.id),
    );
  }
  await stopOthers(context, request);
  await startWanted(context, request);
  const ready = await waitUntilReady(context, request);
  if (hasSwitch)
    await switchTraffic(context, request, { targets: targetsOf(ready, 'active'), isHeld: false, why: 'only' });
  request.onServing();
  if (others.length > 0 || !isStarted) await settle(context, request);
}
