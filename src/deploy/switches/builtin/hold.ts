import type { Socket } from 'node:net';
import type { FailureReason } from './counters.ts';
import type { Limits } from './limits.ts';
import { createWaitingRoom } from './waiting.ts';

/**
 * How many connections to targets may be in the making while held requests go on: a full hold that falls on a target that has just
 * started would overflow its queue of connections.
 */
const MOST_CONNECTING = 64;
/** Pause before the next ones go on. */
const PAUSE_MS = 1;

/** Where new requests wait while a service has nobody who could answer them. */
export interface Hold {
  readonly isHeld: boolean;
  /** True while a new request has to queue: the hold is on, or earlier ones are still leaving it. */
  readonly isBusy: boolean;
  readonly waiting: number;
  begin(): void;
  end(): void;
  /** Waits for the hold's end. Resolves with `undefined` when the request may go on, else with why it may not. */
  pass(client: Socket, bytes: number): Promise<FailureReason | undefined>;
}

export function createHold(limits: Limits, countConnecting: () => number): Hold {
  const room = createWaitingRoom();
  let isHeld = false;
  const release = () => {
    if (isHeld || room.size === 0) return;
    room.call(MOST_CONNECTING - countConnecting());
    setTimeout(release, PAUSE_MS);
  };
  return {
    get isHeld() {
      return isHeld;
    },
    get isBusy() {
      return isHeld || room.size > 0;
    },
    get waiting() {
      return room.size;
    },
    begin() {
      isHeld = true;
    },
    end() {
      if (!isHeld) return;
      isHeld = false;
      release();
    },
    async pass(client, bytes) {
      if (room.size >= limits.heldRequests || room.bytes + bytes > limits.heldBytes) return 'hold-full';
      const end = await room.wait(client, { bytes, ms: limits.holdMs });
      if (end === 'called') return undefined;
      return end === 'gone' ? 'gone-while-waiting' : 'hold-timeout';
    },
  };
}
