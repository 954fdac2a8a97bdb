import { Agent, type ClientRequest, type ClientRequestArgs, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Listen } from '../../../model/index.ts';
import type { Clock } from '../../../system/index.ts';
import type { Limits } from './limits.ts';

/** Methods whose request may be sent twice: they change nothing. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** The kept-alive connections to one target. */
export interface UpstreamPool {
  /**
   * Starts a request on a connection of this target. A request that must not be sent twice gets a new connection, or one that was
   * used a moment ago: the target may be closing any other one just now.
   */
  request(options: Pick<ClientRequestArgs, 'method' | 'path' | 'headers'>): ClientRequest;
  /** Closes idle connections now. */
  closeIdle(): void;
  /** Closes idle connections now, and every other one after its answer. */
  retire(): void;
  /** Takes back `retire`. */
  revive(): void;
}

export function createUpstreamPool(address: Listen, options: { clock: Clock; limits: Limits }): UpstreamPool {
  const agent = new PoolAgent(options.clock, options.limits);
  return {
    request(args) {
      if (!isSafeMethod(args.method ?? 'GET')) agent.closeStale(options.limits.freshUpstreamMs);
      const outgoing = request({
        ...args,
        agent,
        host: address.host,
        port: address.port,
        maxHeaderSize: options.limits.headBytes,
      });
      outgoing.maxHeadersCount = 0;
      return outgoing;
    },
    closeIdle: () => agent.closeStale(0),
    retire() {
      agent.isRetired = true;
      agent.closeStale(0);
    },
    revive() {
      agent.isRetired = false;
    },
  };
}

/** Node's agent keeps a connection for the shorter of its own timeout and what the target announces, less a second. */
class PoolAgent extends Agent {
  isRetired = false;
  readonly #clock: Clock;
  readonly #freedAtMs = new WeakMap<Duplex, number>();

  constructor(clock: Clock, limits: Limits) {
    // The most recently used connection first, so that the others grow old and go.
    super({ keepAlive: true, keepAliveMsecs: 15_000, scheduling: 'lifo', timeout: limits.upstreamIdleMs });
    this.#clock = clock;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    if (this.isRetired) return false;
    this.#freedAtMs.set(socket, this.#clock.monotonicMs());
    const isKept: unknown = super.keepSocketAlive(socket);
    return isKept !== false;
  }

  /** Closes all idle connections when even the most recently used one was idle for `idleMs`. */
  closeStale(idleMs: number): void {
    const now = this.#clock.monotonicMs();
    for (const sockets of Object.values(this.freeSockets)) {
      const newest = sockets?.at(-1);
      if (newest === undefined || now - (this.#freedAtMs.get(newest) ?? 0) < idleMs) continue;
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
  }
}
