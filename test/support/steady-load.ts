import { Agent, request } from 'node:http';

export interface SteadyLoad {
  /** Stops, waits for what is in flight, and tells what happened. */
  stop(): Promise<LoadReport>;
}

export interface LoadReport {
  readonly carried: number;
  readonly failures: readonly string[];
}

const EVERY_MS = 20;
const PATIENCE_MS = 30_000;
const IDLE_MS = 1_000;

/** Requests at a constant rate, half of them on new connections, some of them POST and some of them slow. Any answer but 200 is a failure. */
export function startSteadyLoad(ports: readonly number[], patienceMs = PATIENCE_MS): SteadyLoad {
  // Each connection in its turn, and none for longer than servers keep an idle one: no client may count on more.
  const reused = new Agent({ keepAlive: true, maxSockets: 20, scheduling: 'fifo', timeout: IDLE_MS });
  const inFlight = new Set<Promise<void>>();
  const failures: string[] = [];
  let carried = 0;
  let sent = 0;
  const sendAll = () => {
    for (const port of ports) {
      sent += 1;
      const options = {
        agent: sent % 2 === 0 ? reused : new Agent({ keepAlive: false }),
        method: sent % 5 === 0 ? 'POST' : 'GET',
        path: sent % 97 === 0 ? '/slow' : '/',
        timeout: patienceMs,
      };
      const exchange = send(port, options).then(
        (status) => {
          carried += 1;
          if (status !== 200) failures.push(`${options.method} ${port}${options.path}: ${status}`);
        },
        (error: Error) => {
          failures.push(`${options.method} ${port}${options.path}: ${error.message}`);
        },
      );
      inFlight.add(exchange);
      void exchange.finally(() => inFlight.delete(exchange));
    }
  };
  let next: NodeJS.Immediate | undefined;
  const timer = setInterval(() => {
    // What the other side has closed while this process had no turn is known before anything is sent on it.
    next = setImmediate(sendAll);
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      clearImmediate(next);
      await Promise.all(inFlight);
      reused.destroy();
      return { carried, failures };
    },
  };
}

function send(
  port: number,
  options: { readonly agent: Agent; readonly method: string; readonly path: string; readonly timeout: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, ...options }, (incoming) => {
      incoming.resume();
      incoming.on('error', reject);
      incoming.on('end', () =>
        incoming.complete ? resolve(incoming.statusCode ?? 0) : reject(new Error('the answer was cut off')),
      );
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end(options.method === 'POST' ? 'body' : undefined);
  });
}
