import { oneShotFailed } from '../errors.ts';
import { observeSides, startWanted } from './instances.ts';
import type { RollContext, RollWave } from './roll.ts';

const POLL_MS = 50;
const TAIL_LINES = 15;

/**
 * Runs to completion and must exit 0. One that ended with 0 is done; one whose end nobody saw is run again, so a one-shot must be
 * safe to repeat.
 */
export async function rollOneShot(context: RollContext, request: RollWave): Promise<void> {
  const { clock } = context.system;
  const deadline = clock.monotonicMs() + request.service.readyTimeoutMs;
  const first = (await observeSides(context, request)).wanted[0];
  if (first?.exit?.code !== 0) await startWanted(context, request);
  context.onWaiting(`${request.service.name} to run to its end`);
  for (;;) {
    const found = (await observeSides(context, request)).wanted[0];
    if (found?.state === 'stopped' && found.exit?.code === 0) break;
    const isOver = clock.monotonicMs() > deadline;
    if (found && (isOver || found.state === 'stopped' || found.state === 'lost')) {
      const tail = await context.runtime.tail(found.id, TAIL_LINES);
      throw oneShotFailed({
        ...{ service: request.service.name, instance: found.id, log: found.log },
        ...{ exit: found.exit, tail },
      });
    }
    await clock.sleep(POLL_MS, context.signal);
  }
  request.onServing();
}
