import type { Socket } from 'node:net';
import type { FailureReason } from './counters.ts';
import type { Target } from './targets.ts';
import type { Traffic } from './traffic.ts';

/** Pause before targets that could not be connected to are tried once more. */
const RECONNECT_MS = 100;

/**
 * - `settled`: the target has it; nothing more to do here, whatever comes of it.
 * - `unreachable`: the target could not be connected to, so nothing was sent.
 * - `again`: it was lost with a connection that the target was closing, and may be sent once more.
 */
export type Attempt = 'settled' | 'unreachable' | 'again';

/** A request, or a connection in TCP mode, on its way to a target. */
export interface Delivery {
  readonly client: Socket;
  /** What it keeps in memory while it waits. */
  readonly bytes: number;
  attempt(target: Target): Promise<Attempt>;
}

/**
 * Brings a delivery to a target: waits while the frontend is held, then tries one target after the other until one can be connected
 * to, within the delivery limit. Resolves with `undefined` when a target has it, else with why none has.
 */
export async function deliver(traffic: Traffic, delivery: Delivery): Promise<FailureReason | undefined> {
  const { hold, targets, limits, clock } = traffic;
  const tried = new Set<Target>();
  let deadlineMs: number | undefined;
  let wasHeld = false;
  let attempts = 0;
  for (;;) {
    if (hold.isBusy) {
      if (!wasHeld) traffic.counters.held += 1;
      wasHeld = true;
      const refusal = await hold.pass(delivery.client, delivery.bytes);
      if (refusal) return refusal;
      tried.clear();
      deadlineMs = undefined;
    }
    const target = targets.choose(tried);
    if (target) {
      attempts += 1;
      if (attempts === 2) traffic.counters.retried += 1;
      const attempt = await delivery.attempt(target);
      if (attempt === 'settled') return undefined;
      if (attempt === 'unreachable') tried.add(target);
    } else {
      deadlineMs ??= clock.monotonicMs() + limits.deliveryMs;
      const leftMs = deadlineMs - clock.monotonicMs();
      const isFull = targets.room.size >= limits.heldRequests;
      if (leftMs <= 0 || isFull) return tried.size > 0 ? 'connect' : 'no-target';
      const ms = tried.size > 0 ? Math.min(leftMs, RECONNECT_MS) : leftMs;
      const end = await targets.room.wait(delivery.client, { bytes: delivery.bytes, ms });
      if (end === 'gone') return 'gone-while-waiting';
      if (end === 'called' || leftMs > RECONNECT_MS) tried.clear();
    }
    if (delivery.client.destroyed) return 'gone-while-waiting';
  }
}
