import type { Listen } from '../../../model/index.ts';
import type { Clock } from '../../../system/index.ts';
import type { SwitchTarget, TargetState } from '../switch.ts';
import type { Limits } from './limits.ts';
import { createUpstreamPool, type UpstreamPool } from './upstream-pool.ts';
import { createWaitingRoom, type WaitingRoom } from './waiting.ts';

/** A target as it is now. It outlives its place in the list while it has something in flight. */
export interface Target {
  readonly id: string;
  readonly address: Listen;
  readonly pool: UpstreamPool;
  weight: number;
  state: TargetState;
  inFlight: number;
}

export interface Targets {
  list(): readonly (SwitchTarget & { readonly inFlight: number })[];
  /** From here on requests follow these targets. */
  replace(wanted: readonly SwitchTarget[]): void;
  /**
   * The active target with the least in flight for its weight, in rotation; a standby one when every active one was tried.
   * `undefined` when none is left.
   */
  choose(tried: ReadonlySet<Target>): Target | undefined;
  /** Requests that wait for other targets. */
  readonly room: WaitingRoom;
}

export function createTargets(options: { readonly clock: Clock; readonly limits: Limits }): Targets {
  let targets: readonly Target[] = [];
  let turn = 0;
  const room = createWaitingRoom();
  return {
    room,
    list: () => targets.map(({ id, address, weight, state, inFlight }) => ({ id, address, weight, state, inFlight })),
    replace(wanted) {
      const before = targets;
      targets = wanted.map((target) => {
        const same = before.find((other) => isSamePlace(other, target));
        if (!same) return { ...target, inFlight: 0, pool: createUpstreamPool(target.address, options) };
        same.weight = target.weight;
        same.state = target.state;
        return same;
      });
      for (const target of before) if (!targets.includes(target)) target.pool.retire();
      for (const target of targets) {
        if (target.state === 'draining') target.pool.retire();
        else target.pool.revive();
      }
      room.call(room.size);
    },
    choose(tried) {
      turn += 1;
      return leastLoaded('active') ?? leastLoaded('standby');

      function leastLoaded(state: TargetState): Target | undefined {
        let best: Target | undefined;
        for (let step = 0; step < targets.length; step += 1) {
          const target = targets[(turn + step) % targets.length];
          if (target?.state !== state || tried.has(target)) continue;
          if (!best || target.inFlight / target.weight < best.inFlight / best.weight) best = target;
        }
        return best;
      }
    },
  };
}

function isSamePlace(a: SwitchTarget, b: SwitchTarget): boolean {
  return a.id === b.id && a.address.host === b.address.host && a.address.port === b.address.port;
}
