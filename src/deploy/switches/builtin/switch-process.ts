import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createAdminServer } from './admin-server.ts';
import {
  adminSocketPath,
  bindAdminSocket,
  ownSocketPath,
  publishAdminSocket,
  removeSocketsExcept,
} from './admin-socket.ts';
import { mergeCounters, recordRequest } from './counters.ts';
import { handOver } from './hand-over.ts';
import { buildReport, followOrder, restartCounters } from './overlap.ts';
import { type Ownership, takeOwnership } from './ownership.ts';
import type { Place } from './place.ts';
import { createPredecessors, type Predecessors } from './predecessors.ts';
import { settleAccounts } from './settle-accounts.ts';
import type { SwitchState } from './state.ts';
import { Switchboard } from './switchboard.ts';
import type { Traffic } from './traffic.ts';

const PERSIST_EVERY_MS = 1_000;
const POLL_MS = 50;

/** A process that is about to be the switch, is it, or was it and still serves connections. */
export class SwitchProcess {
  readonly switchboard: Switchboard;
  readonly #place: Place;
  readonly #predecessors: Predecessors;
  readonly #admin: Server;
  #ownership: Ownership | undefined;
  #persistTimer: NodeJS.Timeout | undefined;
  #stopDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(place: Place, state: SwitchState) {
    this.#place = place;
    this.#predecessors = createPredecessors(place, {
      known: state.predecessors,
      onEnded: (counters) => {
        for (const [service, snapshot] of Object.entries(counters)) {
          const live = this.switchboard.frontends.get(service);
          if (live) mergeCounters(live.traffic.counters, snapshot);
        }
      },
    });
    this.switchboard = new Switchboard({ ...place, predecessors: this.#predecessors, state });
    this.#admin = createAdminServer({
      switchboard: this.switchboard,
      program: place.program,
      handOver: (program) => this.#handOver(program),
      onClosed: () => void this.stop(),
      onOverlap: (order) => {
        if (order) followOrder(this.switchboard.frontends, order);
        return buildReport(this.switchboard.frontends);
      },
      onFarewell: async (process, report) => {
        this.#predecessors.bidFarewell(process, report);
        await this.switchboard.persist();
      },
      onUnexpected: (error) => place.log.write(`unexpected: ${describe(error)}`),
    });
  }

  /** Becomes the switch: keeps the state file, lets `listen` listen, and answers on the known socket. */
  async takeOffice(ownership: Ownership, listen: () => Promise<void>): Promise<void> {
    const { directory, processes, files } = this.#place;
    const { pid } = processes.self();
    this.#ownership = ownership;
    await this.switchboard.persist();
    await bindAdminSocket(this.#admin, directory, pid);
    const predecessors = this.#predecessors.encode().map(({ process }) => process.pid);
    await removeSocketsExcept(files, directory, [pid, ...predecessors]);
    await listen();
    // One of them may have missed the last change of a switch that was killed.
    await this.switchboard.confirm().catch((error) => this.#place.log.write(describe(error)));
    await publishAdminSocket(directory, pid);
    this.#persistTimer = setInterval(() => void this.#persist(), PERSIST_EVERY_MS);
    // The tool that started it may have gone before it opened anything.
    setTimeout(() => {
      if (this.switchboard.frontends.size === 0) void this.stop();
    }, this.#place.limits.unusedMs).unref();
  }

  /** Accepts nothing more; it ends once every request has its answer, or the stop limit is over. */
  async stop(): Promise<void> {
    const { clock, limits, stateFile, processes, directory, log } = this.#place;
    this.#stopDeadlineMs = Math.min(this.#stopDeadlineMs, clock.monotonicMs() + limits.stopMs);
    if (this.switchboard.isRetired) return;
    await this.switchboard
      .inTurn(async () => {
        const state = this.switchboard.encode();
        restartCounters(this.switchboard.frontends);
        this.#leaveOffice();
        // Whoever is the switch next asks this process what it still has in flight.
        const predecessors = [...state.predecessors, { process: processes.self(), counters: {} }];
        await stateFile.write({ ...state, predecessors });
        await rm(adminSocketPath(directory), { force: true });
        await this.#ownership?.release();
      })
      .catch((error) => log.write(`stopped without keeping its state: ${describe(error)}`));
  }

  /** Resolves when nothing is left to do. */
  async ended(): Promise<void> {
    const { clock, directory, processes } = this.#place;
    while (!this.switchboard.isRetired || (this.#isBusy() && clock.monotonicMs() < this.#stopDeadlineMs)) {
      await clock.sleep(POLL_MS);
    }
    for (const { traffic } of this.switchboard.frontends.values()) countCutOff(traffic);
    await settleAccounts(this.#place, buildReport(this.switchboard.frontends));
    await rm(ownSocketPath(directory, processes.self().pid), { force: true });
  }

  /** A stopping switch waits for requests, one that has a successor for connections: their clients cannot know that it goes. */
  #isBusy(): boolean {
    return Number.isFinite(this.#stopDeadlineMs) ? this.switchboard.unsettled > 0 : this.switchboard.connections > 0;
  }

  #handOver(program: string): Promise<void> {
    return this.switchboard.inTurn(async () => {
      const { directory, processes } = this.#place;
      try {
        await handOver(this.#place, this.switchboard, program);
      } catch (error) {
        // The successor may have got as far as taking the office.
        this.#ownership = await takeOwnership(this.#place, processes.self());
        await publishAdminSocket(directory, processes.self().pid);
        throw error;
      }
      this.#leaveOffice();
    });
  }

  #leaveOffice(): void {
    clearInterval(this.#persistTimer);
    this.switchboard.retire();
  }

  async #persist(): Promise<void> {
    try {
      await this.switchboard.persist();
    } catch (error) {
      if (!this.switchboard.isRetired) this.#place.log.write(`state not kept: ${describe(error)}`);
    }
  }
}

/** What is not answered now never will be. */
function countCutOff(traffic: Traffic): void {
  for (; traffic.unsettled > 0; traffic.unsettled -= 1) {
    recordRequest(traffic.counters, { latencyMs: undefined, failure: 'cut-off' });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
