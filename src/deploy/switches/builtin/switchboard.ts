import type { Clock } from '../../../system/index.ts';
import type { FenceFile } from '../../fence-file.ts';
import { fenced } from '../../fence-file.ts';
import type { Frontend, FrontendChange, FrontendObservation } from '../switch.ts';
import { createCounters, describeCounters, encodeCounters, mergeCounters } from './counters.ts';
import { handedOver, unknownService } from './errors.ts';
import type { Limits } from './limits.ts';
import {
  applyChange,
  createLiveFrontend,
  encodeLiveFrontend,
  type LiveFrontend,
  listenOn,
  restoreLiveFrontend,
  stopAccepting,
} from './live-frontend.ts';
import { buildOverlapOrder, type OverlapReport } from './overlap.ts';
import type { Predecessors } from './predecessors.ts';
import type { StateFile, SwitchState } from './state.ts';

/** All frontends of one switch process. Changes are made one after the other, and kept in the state file before they are confirmed. */
export interface Switchboard {
  readonly frontends: ReadonlyMap<string, LiveFrontend>;
  /** Requests that are not answered yet, of closed frontends too. */
  readonly unsettled: number;
  readonly connections: number;
  readonly isRetired: boolean;
  observe(service: string): Promise<FrontendObservation | undefined>;
  open(frontend: Frontend, epoch: number): Promise<void>;
  change(service: string, change: FrontendChange, epoch: number): Promise<void>;
  close(service: string, epoch: number): Promise<void>;
  encode(): SwitchState;
  /** Writes the state down now. */
  persist(): Promise<void>;
  /** Runs `work` while nothing changes. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** From here on another process is the switch: nothing is obeyed, answered or written here any more. */
  retire(): void;
}

export interface SwitchboardOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly fence: FenceFile;
  readonly stateFile: StateFile;
  readonly predecessors: Predecessors;
  readonly state: SwitchState;
}

export function createSwitchboard(options: SwitchboardOptions): Switchboard {
  const { fence, stateFile, predecessors } = options;
  const frontends = new Map<string, LiveFrontend>();
  for (const state of options.state.frontends) frontends.set(state.service, restoreLiveFrontend(state, options));
  const closed = new Set<LiveFrontend>();
  let epochSeen = options.state.epoch;
  let turn: Promise<unknown> = Promise.resolve();
  let isRetired = false;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(() => {
      if (isRetired) throw handedOver();
      return work();
    });
    turn = next.catch(() => {});
    return next;
  };
  const encode = (): SwitchState => ({
    version: 1,
    epoch: epochSeen,
    frontends: [...frontends.values()].map(encodeLiveFrontend),
    predecessors: predecessors.encode(),
  });
  const obey = async (epoch: number): Promise<void> => {
    if (epoch < epochSeen) throw fenced(epoch, epochSeen);
    await fence.assertCurrent(epoch);
    epochSeen = epoch;
  };
  const sum = (pick: (live: LiveFrontend) => number): number =>
    [...frontends.values(), ...closed].reduce((total, live) => total + pick(live), 0);
  const follow = () => predecessors.follow(buildOverlapOrder(frontends));

  return {
    frontends,
    get unsettled() {
      return sum(({ traffic }) => traffic.unsettled);
    },
    get connections() {
      return sum(({ traffic }) => traffic.connections);
    },
    encode,
    inTurn,
    get isRetired() {
      return isRetired;
    },
    retire() {
      isRetired = true;
    },
    persist: () => inTurn(() => stateFile.write(encode())),
    async observe(service) {
      if (isRetired) throw handedOver();
      const live = frontends.get(service);
      if (!live?.server.listening) return undefined;
      const reports = await follow();
      return observeFrontend(live, { epoch: epochSeen, reports: reports.flatMap((report) => report[service] ?? []) });
    },
    open: (frontend, epoch) =>
      inTurn(async () => {
        await obey(epoch);
        const before = frontends.get(frontend.service);
        if (!before?.server.listening || !isSameFrontend(before.frontend, frontend)) {
          const live = before
            ? restoreLiveFrontend({ ...encodeLiveFrontend(before), ...frontend }, options)
            : createLiveFrontend(frontend, options);
          // Two sockets cannot listen on one port, even of one process.
          if (before?.frontend.listen.port === frontend.listen.port) stopAccepting(before);
          await listenOn(live, frontend.listen);
          if (before) leave(before);
          frontends.set(frontend.service, live);
        }
        await stateFile.write(encode());
      }),
    change: (service, change, epoch) =>
      inTurn(async () => {
        const live = frontends.get(service);
        await obey(epoch);
        if (!live) throw unknownService(service);
        const state = encode();
        const states = state.frontends.map((each) => (each.service === service ? { ...each, ...change } : each));
        await stateFile.write({ ...state, frontends: states });
        applyChange(live, change);
        await follow();
      }),
    close: (service, epoch) =>
      inTurn(async () => {
        await obey(epoch);
        const live = frontends.get(service);
        if (live) leave(live);
        frontends.delete(service);
        await stateFile.write(encode());
        await follow();
      }),
  };

  function leave(live: LiveFrontend): void {
    stopAccepting(live);
    closed.add(live);
  }
}

function isSameFrontend(a: Frontend, b: Frontend): boolean {
  return a.mode === b.mode && a.listen.host === b.listen.host && a.listen.port === b.listen.port;
}

function observeFrontend(
  { frontend, traffic }: LiveFrontend,
  elsewhere: {
    readonly epoch: number;
    readonly reports: readonly OverlapReport[string][];
  },
): FrontendObservation {
  const counters = createCounters();
  mergeCounters(counters, encodeCounters(traffic.counters));
  for (const report of elsewhere.reports) mergeCounters(counters, report.counters);
  const inFlightElsewhere = (id: string) =>
    elsewhere.reports.reduce((sum, { inFlight }) => sum + (inFlight[id] ?? 0), 0);
  return {
    ...frontend,
    targets: traffic.targets
      .list()
      .map((target) => ({ ...target, inFlight: target.inFlight + inFlightElsewhere(target.id) })),
    isHeld: traffic.hold.isHeld,
    waiting: elsewhere.reports.reduce((sum, report) => sum + report.waiting, traffic.hold.waiting),
    counters: describeCounters(counters),
    epoch: elsewhere.epoch,
  };
}
