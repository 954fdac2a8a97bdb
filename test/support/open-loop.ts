import { Agent, request } from 'node:http';
import { setTimeout as delay, setImmediate as untilHeard } from 'node:timers/promises';

/** A load whose requests begin when they are due, however long the earlier ones take. */
export interface Load {
  readonly sent: number;
  /** What went wrong, one line each. */
  readonly failures: readonly string[];
  /** The ids of the POSTs that were sent. */
  readonly posted: readonly string[];
  /** Begins no more requests, and resolves when those under way are over. */
  stop(): Promise<void>;
}

const IDLE_MS = 1_000;

/**
 * Half of the requests on new connections, half on kept-alive ones; a third POSTs with a body and an id of their own; every hundredth
 * takes long. Every answer is compared with what it must be.
 */
export function startLoad(port: number, options: { readonly perSecond: number; readonly longMs: number }): Load {
  // Each connection in its turn, and none for longer than servers keep an idle one: no client may count on more.
  const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: 'fifo', timeout: IDLE_MS });
  const failures: string[] = [];
  const posted: string[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let isRunning = true;
  const send = () => {
    sent += 1;
    const id = `r${sent}`;
    const method = sent % 3 === 0 ? 'POST' : 'GET';
    const isKept = sent % 2 === 0;
    const ms = sent % 100 === 0 ? options.longMs : 0;
    if (method === 'POST') posted.push(id);
    const one = exchange({ port, path: `/?id=${id}&ms=${ms}`, method, agent: isKept ? agent : undefined })
      .then((answer) => {
        if (answer !== `200 ${method} ${id}`) failures.push(`${method} ${id}: ${answer}`);
      })
      .catch((error: Error) => void failures.push(`${method} ${id} ${isKept ? 'kept' : 'new'}: ${error.message}`))
      .finally(() => pending.delete(one));
    pending.add(one);
  };
  const loop = (async () => {
    const startMs = performance.now();
    while (isRunning) {
      const due = Math.floor(((performance.now() - startMs) / 1000) * options.perSecond);
      while (sent < due) send();
      await delay(5);
      // What the other side has closed while this process had no turn is known before anything is sent on it.
      await untilHeard();
    }
  })();
  return {
    get sent() {
      return sent;
    },
    failures,
    posted,
    async stop() {
      isRunning = false;
      await loop;
      await Promise.all(pending);
      agent.destroy();
    },
  };
}

function exchange(options: {
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly agent: Agent | undefined;
}): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...options, agent: options.agent ?? false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve(`${incoming.statusCode} ${body}`));
    });
    outgoing.on('error', reject);
    outgoing.end(options.method === 'POST' ? 'x'.repeat(100) : undefined);
  });
}
