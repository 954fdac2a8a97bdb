import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FailureReason, recordRequest } from './counters.ts';
import { type Attempt, type Delivery, deliver } from './deliver.ts';
import { type BodyFraming, buildRequestHeaders, pairHeaders } from './headers.ts';
import { joinSockets } from './join-sockets.ts';
import { limitConnect } from './limit-connect.ts';
import { relayAnswer, renderProtocolSwitch, writeRefusal } from './relay.ts';
import type { Target } from './targets.ts';
import type { Traffic } from './traffic.ts';
import { isSafeMethod } from './upstream-pool.ts';

/** How often a request that may be sent twice is sent again after a connection was lost under it. */
const MOST_RESENDS = 3;

/** Memory of a header beside its text, roughly. */
const BYTES_PER_HEADER = 64;

export interface ClientMessage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly framing: BodyFraming;
  /** The client wants to go on in this protocol, on the same connection. */
  readonly upgrade?: string;
}

/** One request of a client, until it has its whole answer or cannot have one. It is counted exactly once. */
export class Exchange implements Delivery {
  readonly client: Socket;
  readonly bytes: number;
  readonly #traffic: Traffic;
  readonly #message: ClientMessage;
  readonly #startedMs: number;
  #upstream: ClientRequest | undefined;
  #latencyMs: number | undefined;
  #resends = 0;
  #isAtTarget = false;
  #isSettled = false;

  constructor(traffic: Traffic, message: ClientMessage) {
    this.#traffic = traffic;
    this.#message = message;
    this.#startedMs = traffic.clock.monotonicMs();
    this.client = message.request.socket;
    this.bytes = message.request.rawHeaders.reduce((sum, text) => sum + text.length + BYTES_PER_HEADER, 0);
  }

  async run(): Promise<void> {
    const { request, response } = this.#message;
    // A pipelined request may be read when its connection is gone already.
    if (this.client.destroyed) return;
    this.#traffic.unsettled += 1;
    this.client.once('close', this.#onClientClose);
    request.on('error', ignore);
    response.on('error', ignore);
    response.once('finish', () => this.#settle(undefined));
    try {
      const failure = await deliver(this.#traffic, this);
      if (failure) this.#refuse(failure);
    } catch (error) {
      this.#refuse('defect');
      throw error;
    }
  }

  attempt(target: Target): Promise<Attempt> {
    const { request, framing, upgrade } = this.#message;
    const headers = buildRequestHeaders(request, framing, target.address);
    if (upgrade !== undefined) headers.push('Connection', 'Upgrade', 'Upgrade', upgrade);
    return new Promise((resolve) => {
      const upstream = target.pool.request({ method: request.method, path: request.url, headers });
      this.#upstream = upstream;
      target.inFlight += 1;
      const release = once(() => {
        target.inFlight -= 1;
      });
      let hasUpgraded = false;
      this.#isAtTarget = false;
      this.#onConnect(upstream, () => {
        this.#isAtTarget = true;
        if (framing !== 'none') this.#sendBody(upstream);
      });
      upstream.once('response', (incoming) => {
        resolve('settled');
        this.#relay(upstream, incoming);
      });
      if (upgrade !== undefined) {
        upstream.once('upgrade', (incoming, socket: Socket, head) => {
          hasUpgraded = true;
          socket.once('close', release);
          resolve('settled');
          this.#switchProtocol(incoming, socket, head);
        });
      }
      upstream.on('error', (error) => resolve(this.#judgeLoss(error, target, upstream)));
      upstream.once('close', () => {
        // After an upgrade the connection lives on without its request.
        if (!hasUpgraded) release();
        resolve('settled');
      });
      if (framing === 'none') upstream.end();
    });
  }

  readonly #onClientClose = () => this.#settle(this.#isAtTarget ? undefined : 'gone-while-waiting');

  /** Nothing of a body is taken from the client before the target is connected, so that it can still go to another one. */
  #onConnect(upstream: ClientRequest, onConnect: () => void): void {
    upstream.once('socket', (socket: Socket) => {
      if (!socket.connecting) return onConnect();
      limitConnect(socket, this.#traffic);
      socket.once('connect', onConnect);
    });
  }

  #sendBody(upstream: ClientRequest): void {
    const { request, response } = this.#message;
    if (request.headers.expect !== undefined) upstream.once('continue', () => response.writeContinue());
    request.once('end', () => {
      if (request.rawTrailers.length > 0) upstream.addTrailers(pairHeaders(request.rawTrailers));
    });
    upstream.flushHeaders();
    request.pipe(upstream);
  }

  #judgeLoss(error: NodeJS.ErrnoException, target: Target, upstream: ClientRequest): Attempt {
    const { request, response, framing } = this.#message;
    if (this.#isSettled || response.headersSent) return 'settled';
    if (!this.#isAtTarget) return 'unreachable';
    const mayResend = isSafeMethod(request.method ?? '') && framing === 'none' && this.#resends < MOST_RESENDS;
    if (mayResend && upstream.reusedSocket) {
      this.#resends += 1;
      this.#isAtTarget = false;
      target.pool.closeIdle();
      return 'again';
    }
    this.#refuse(error.code?.startsWith('HPE_') ? 'bad-answer' : 'reset');
    return 'settled';
  }

  #relay(upstream: ClientRequest, incoming: IncomingMessage): void {
    if (this.#isSettled) return void upstream.destroy();
    if ((incoming.statusCode ?? 0) >= 500) this.#traffic.counters.serverErrors += 1;
    const isRelayed = relayAnswer(incoming, this.#message, {
      closes: this.#traffic.isClosing,
      onEnd: () => this.#stopSending(upstream),
      onCut: () => this.#cut(),
    });
    if (!isRelayed) {
      this.#refuse('bad-answer');
      upstream.destroy();
    }
  }

  /** The target has answered without reading the whole request: the rest of it is read and dropped. */
  #stopSending(upstream: ClientRequest): void {
    const { request, framing } = this.#message;
    if (framing === 'none' || upstream.writableFinished) return;
    request.unpipe(upstream);
    request.resume();
    upstream.destroy();
  }

  /** A half answer must not look like a whole one. */
  #cut(): void {
    if (this.#isSettled) return;
    this.#settle('cut-off');
    // Without a length or chunks, the end of the connection is the end of the answer; only a reset says that it is not.
    if (this.#message.request.httpVersion === '1.0') this.client.resetAndDestroy();
    else this.client.destroy();
  }

  #switchProtocol(incoming: IncomingMessage, upstream: Socket, head: Buffer): void {
    const { client } = this;
    if (this.#isSettled) return void upstream.destroy();
    this.#latencyMs = this.#elapsedMs();
    this.#message.response.detachSocket(client);
    client.write(renderProtocolSwitch(incoming), 'latin1');
    if (head.length > 0) upstream.unshift(head);
    joinSockets(client, upstream);
  }

  #refuse(failure: FailureReason): void {
    this.#settle(failure);
    if (!this.client.destroyed) writeRefusal(this.#message.response, failure);
  }

  #settle(failure: FailureReason | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.client.off('close', this.#onClientClose);
    this.#traffic.unsettled -= 1;
    const isAnswered = failure !== undefined || this.#message.response.writableFinished;
    const latencyMs = this.#latencyMs ?? (isAnswered ? this.#elapsedMs() : undefined);
    recordRequest(this.#traffic.counters, { latencyMs, failure });
    if (this.client.destroyed) this.#upstream?.destroy();
  }

  #elapsedMs(): number {
    return this.#traffic.clock.monotonicMs() - this.#startedMs;
  }
}

function once(effect: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) effect();
    isDone = true;
  };
}

function ignore(): void {
  // The end of the connection is noticed by its close event.
}
