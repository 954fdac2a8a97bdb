import type { Clock } from '../../../system/index.ts';
import { type Counters, createCounters } from './counters.ts';
import { createHold, type Hold } from './hold.ts';
import type { Limits } from './limits.ts';
import { createTargets, type Targets } from './targets.ts';

/** What the requests of one frontend share, in either mode. */
export interface Traffic {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly targets: Targets;
  readonly hold: Hold;
  counters: Counters;
  /** Open connections of clients. */
  connections: number;
  /** Connections to targets that are being made. */
  connecting: number;
  /** Requests (connections in TCP mode) that are not counted yet. */
  unsettled: number;
  /** Set once it accepts no more connections: each one is closed after its next answer. */
  isClosing: boolean;
}

export function createTraffic(options: { readonly clock: Clock; readonly limits: Limits }): Traffic {
  const traffic: Traffic = {
    ...options,
    targets: createTargets(options),
    hold: createHold(options.limits, () => traffic.connecting),
    counters: createCounters(),
    connections: 0,
    connecting: 0,
    unsettled: 0,
    isClosing: false,
  };
  return traffic;
}
