import { observeSides, settle, startWanted, stopOthers, waitUntilReady } from './instances.ts';
import type { RollContext, RollWave } from './roll.ts';
import { drain, isServing, openFrontend, switchTraffic, targetsOf } from './traffic.ts';

/**
 * New ready, new in the switch (confirmed), old out of the switch (confirmed), new watched while old stands by, old drained, old
 * stopped. Every stage looks at what is there first, so a roll that was cut off anywhere goes on by being started again.
 */
export async function rollStartFirst(context: RollContext, request: RollWave): Promise<void> {
  await openFrontend(context, request);
  await startWanted(context, request);
  const wanted = await waitUntilReady(context, request);
  const { others } = await observeSides(context, request);
  const active = targetsOf(wanted, 'active');
  if (others.length > 0) {
    const running = others.filter((instance) => instance.state === 'running');
    if (!(await isServing(context, request, wanted))) {
      await switchTraffic(context, request, {
        targets: [...active, ...targetsOf(running, 'active')],
        isHeld: false,
        why: 'add',
      });
    }
    await switchTraffic(context, request, {
      targets: [...active, ...targetsOf(running, 'standby')],
      isHeld: false,
      why: 'shift',
    });
  } else {
    await switchTraffic(context, request, { targets: active, isHeld: false, why: 'only' });
  }
  request.onServing();
  if (others.length === 0) return stopOthers(context, request);
  await settle(context, request);
  await switchTraffic(context, request, {
    targets: [...active, ...targetsOf(others, 'draining')],
    isHeld: false,
    why: 'drain',
  });
  await drain(
    context,
    request,
    others.map((instance) => instance.id),
  );
  await stopOthers(context, request);
  await switchTraffic(context, request, { targets: active, isHeld: false, why: 'only' });
}
