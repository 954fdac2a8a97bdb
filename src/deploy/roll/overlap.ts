import { observeSides, settle, startWanted, stopOthers, waitUntilReady } from './instances.ts';
import type { RollContext, RollWave } from './roll.ts';

/** For workers: new instances take work beside the old ones, which then get SIGTERM, take nothing new, finish and end. */
export async function rollOverlap(context: RollContext, request: RollWave): Promise<void> {
  await startWanted(context, request);
  await waitUntilReady(context, request);
  request.onServing();
  const { others } = await observeSides(context, request);
  if (others.length > 0) await settle(context, request);
  await stopOthers(context, request);
}
