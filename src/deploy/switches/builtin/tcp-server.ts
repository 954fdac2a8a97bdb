import { connect, createServer, type Server, type Socket } from 'node:net';
import { type FailureReason, recordRequest } from './counters.ts';
import { type Attempt, type Delivery, deliver } from './deliver.ts';
import { joinSockets } from './join-sockets.ts';
import { limitConnect } from './limit-connect.ts';
import type { Target } from './targets.ts';
import type { Traffic } from './traffic.ts';

/** What a waiting connection may send before it has a target. */
const BUFFER_BYTES = 4 * 1024;

/** The raw TCP server of a frontend. It does not listen yet. */
export function createTcpServer(traffic: Traffic): Server {
  return createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, highWaterMark: BUFFER_BYTES },
    (client) => {
      traffic.connections += 1;
      client.once('close', () => {
        traffic.connections -= 1;
      });
      void new Passage(traffic, client).run();
    },
  );
}

/** One connection of a client. Its latency is the time until it was connected to a target. */
class Passage implements Delivery {
  readonly client: Socket;
  readonly bytes = BUFFER_BYTES;
  readonly #traffic: Traffic;
  readonly #startedMs: number;
  #latencyMs: number | undefined;
  #failure: FailureReason | undefined;

  constructor(traffic: Traffic, client: Socket) {
    this.#traffic = traffic;
    this.client = client;
    this.#startedMs = traffic.clock.monotonicMs();
  }

  async run(): Promise<void> {
    const { client } = this;
    this.#traffic.unsettled += 1;
    client.on('error', () => client.destroy());
    client.once('close', () => {
      this.#traffic.unsettled -= 1;
      const failure = this.#failure ?? (this.#latencyMs === undefined ? 'gone-while-waiting' : undefined);
      recordRequest(this.#traffic.counters, { latencyMs: this.#latencyMs, failure });
    });
    // Starts reading, so that a reset is noticed while the connection waits.
    client.read(0);
    const failure = await deliver(this.#traffic, this);
    if (!failure) return;
    this.#failure = failure;
    client.destroy();
  }

  attempt(target: Target): Promise<Attempt> {
    const { clock } = this.#traffic;
    return new Promise((resolve) => {
      target.inFlight += 1;
      const upstream = connect({ ...target.address, allowHalfOpen: true, noDelay: true, keepAlive: true });
      limitConnect(upstream, this.#traffic);
      const onClientClose = () => upstream.destroy();
      this.client.once('close', onClientClose);
      let isConnected = false;
      upstream.once('connect', () => {
        isConnected = true;
        this.client.off('close', onClientClose);
        this.#latencyMs = clock.monotonicMs() - this.#startedMs;
        joinSockets(this.client, upstream);
        resolve('settled');
      });
      upstream.on('error', () => {
        if (isConnected && !this.client.destroyed) this.#failure = 'cut-off';
      });
      upstream.once('close', () => {
        this.client.off('close', onClientClose);
        target.inFlight -= 1;
        resolve(isConnected ? 'settled' : 'unreachable');
      });
    });
  }
}
