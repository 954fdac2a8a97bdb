import type { Clock } from '../../../system/index.ts';
import type { FenceFile } from '../../fence-file.ts';
import { fenced } from '../../fence-file.ts';
import type { FrontendChange, FrontendObservation, ListeningFrontend } from '../switch.ts';
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
  stopListening,
} from './live-frontend.ts';
import { buildOverlapOrder, type OverlapReport } from './overlap.ts';
import type { Predecessors } from './predecessors.ts';
import type { StateFile, SwitchState } from './state.ts';
import { createTraffic } from './traffic.ts';

export interface SwitchboardOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly fence: FenceFile;
  readonly stateFile: StateFile;
  readonly predecessors: Predecessors;
  readonly state: SwitchState;
}

/** All frontends of one process. Changes are made one after the other, and kept in the state file before they are confirmed. */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #frontends = new Map<string, LiveFrontend>();
  /** Those that no longer listen and may still have connections. */
  readonly #closed = new Set<LiveFrontend>();
  #epoch: number;
  #isRetired = false;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.#epoch = options.state.epoch;
    for (const state of options.state.frontends) {
      this.#frontends.set(state.service, restoreLiveFrontend(state, options));
    }
  }

  get frontends(): ReadonlyMap<string, LiveFrontend> {
    return this.#frontends;
  }

  /** Requests that are not answered yet, of closed frontends too. */
  get unsettled(): number {
    return this.#all().reduce((sum, { traffic }) => sum + traffic.unsettled, 0);
  }

  get connections(): number {
    return this.#all().reduce((sum, { traffic }) => sum + traffic.connections, 0);
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** From here on another process is the switch: nothing is obeyed, answered or written here any more. */
  retire(): void {
    this.#isRetired = true;
    for (const live of this.#frontends.values()) stopAccepting(live);
  }

  async observe(service: string): Promise<FrontendObservation | undefined> {
    if (this.#isRetired) throw handedOver();
    const live = this.#frontends.get(service);
    if (!live?.server.listening) return undefined;
    const reports = await this.#options.predecessors.report();
    return observeFrontend(live, { epoch: this.#epoch, reports: reports.flatMap((report) => report[service] ?? []) });
  }

  open(frontend: ListeningFrontend, epoch: number): Promise<void> {
    return this.inTurn(async () => {
      await this.#obey(epoch);
      const before = this.#frontends.get(frontend.service);
      if (!before?.server.listening || !isSameFrontend(before.frontend, frontend)) await this.#listen(frontend, before);
      await this.#keep(this.encode());
    });
  }

  change(service: string, change: FrontendChange, epoch: number): Promise<void> {
    return this.inTurn(async () => {
      await this.#obey(epoch);
      const live = this.#frontends.get(service);
      if (!live) throw unknownService(service);
      const state = this.encode();
      const frontends = state.frontends.map((each) => (each.service === service ? { ...each, ...change } : each));
      await this.#keep({ ...state, frontends });
      applyChange(live, change);
      await this.confirm();
    });
  }

  close(service: string, epoch: number): Promise<void> {
    return this.inTurn(async () => {
      await this.#obey(epoch);
      const live = this.#frontends.get(service);
      if (!live) return;
      stopAccepting(live);
      this.#closed.add(live);
      this.#frontends.delete(service);
      await this.#keep(this.encode());
      await this.confirm();
    });
  }

  encode(): SwitchState {
    return {
      version: 1,
      epoch: this.#epoch,
      frontends: [...this.#frontends.values()].map(encodeLiveFrontend),
      predecessors: this.#options.predecessors.encode(),
    };
  }

  /** Makes sure that the processes from before follow what holds now. */
  confirm(): Promise<void> {
    return this.#options.predecessors.follow(buildOverlapOrder(this.#frontends));
  }

  /** Writes the state down now. */
  persist(): Promise<void> {
    return this.inTurn(() => this.#keep(this.encode()));
  }

  /** Runs `work` while nothing changes; refused once this process is not the switch any more. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(() => {
      if (this.#isRetired) throw handedOver();
      return work();
    });
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }

  async #obey(epoch: number): Promise<void> {
    if (epoch < this.#epoch) throw fenced(epoch, this.#epoch);
    await this.#options.fence.assertCurrent(epoch);
    this.#epoch = epoch;
  }

  #keep(state: SwitchState): Promise<void> {
    return this.#options.stateFile.write(state);
  }

  async #listen(frontend: ListeningFrontend, before: LiveFrontend | undefined): Promise<void> {
    const live = createLiveFrontend(frontend, before?.traffic ?? createTraffic(this.#options));
    // Two sockets cannot listen on one port, even of one process.
    if (before?.frontend.listen.port === frontend.listen.port) stopListening(before);
    await listenOn(live);
    if (before) stopListening(before);
    this.#frontends.set(frontend.service, live);
  }

  #all(): readonly LiveFrontend[] {
    for (const live of this.#closed) if (live.traffic.connections === 0) this.#closed.delete(live);
    return [...this.#frontends.values(), ...this.#closed];
  }
}

function isSameFrontend(a: ListeningFrontend, b: ListeningFrontend): boolean {
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
