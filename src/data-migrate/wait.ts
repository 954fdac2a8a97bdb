import { formatCount } from '../model/index.ts';
import type { BatchEngine } from './batch-engine.ts';
import { observeWish } from './observe-wish.ts';
import { noteWaiting } from './state.ts';

/** How often a wait looks whether its reason is gone, and what the operator asks for meanwhile. */
const LOOK_EVERY_MS = 250;
const LOOK_AT_LEAST_EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

type Ended = 'pause' | 'cancel' | undefined;

/** Waits while there is a reason to; the wish that ended the wait, if one did. */
export async function waitForMoment(engine: BatchEngine): Promise<Ended> {
  const { system, monitor, claim, throttle } = engine;
  let told: { readonly signal: string; readonly text: string } | undefined;
  for (;;) {
    const hold = await throttle.observe();
    if (!hold) {
      if (told) await noteWaiting(monitor, claim, undefined);
      return undefined;
    }
    if (!hold.isQuiet && hold.text !== told?.text) {
      await tellWaiting(engine, { reason: hold.text, isSame: hold.signal === told?.signal });
      told = hold;
    }
    const wish = await observeWish(monitor, claim);
    if (wish !== undefined) return wish;
    await engine.beforeBatch?.();
    await system.clock.sleep(Math.min(hold.lookAgainMs ?? LOOK_EVERY_MS, LOOK_AT_LEAST_EVERY_MS), engine.signal);
  }
}

/** Longer after each refusal in a row, and never longer than five seconds. */
export async function waitAfterRefusal(
  engine: BatchEngine,
  refusal: { readonly code: string; readonly failures: number },
): Promise<Ended> {
  const { system } = engine;
  if (refusal.code === '55P03') await tellWaiting(engine, { reason: 'rows that another session has locked' });
  const until = system.clock.monotonicMs() + Math.min(LONGEST_PAUSE_MS, 10 * 2 ** refusal.failures);
  do {
    const wish = await observeWish(engine.monitor, engine.claim);
    if (wish !== undefined) return wish;
    await system.clock.sleep(Math.min(LOOK_EVERY_MS, Math.max(1, until - system.clock.monotonicMs())), engine.signal);
  } while (system.clock.monotonicMs() < until);
  return undefined;
}

/** Waits for as long as a batch kept others waiting. */
export async function waitForOthers(
  engine: BatchEngine,
  batch: { readonly waiters: number; readonly ms: number },
): Promise<void> {
  await tellWaiting(engine, {
    reason: `${formatCount(batch.waiters, 'session')} that waited for rows of the last batch`,
  });
  await engine.system.clock.sleep(Math.min(batch.ms, LONGEST_PAUSE_MS), engine.signal);
}

async function tellWaiting(
  { monitor, claim, emit, declared }: BatchEngine,
  { reason, isSame = false }: { readonly reason: string; readonly isSame?: boolean },
): Promise<void> {
  await noteWaiting(monitor, claim, { reason, isSame });
  emit({ type: 'data.waiting', id: declared.id, what: reason });
}
