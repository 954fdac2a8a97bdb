// Open-loop load on several ports from a process of its own: told when to stop, it says what became of the requests.
import { fork } from 'node:child_process';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { Latency } from '../../examples/shop/load/latency.mjs';

const PROGRAM = fileURLToPath(import.meta.url);
const TICK_MS = 2;
const TIMEOUT_MS = 10_000;

/**
 * Requests are due at a constant rate on each port, whatever becomes of the earlier ones; every second one has a connection of its own,
 * the others keep theirs. Nothing is sent twice.
 *
 * @param {{ ports: readonly number[], perSecond: number }} options
 */
export function startLoad(options) {
  const child = fork(PROGRAM, [JSON.stringify(options)], { execArgv: [] });
  return {
    /** @returns {Promise<{ carried: number, failed: number, reasons: Record<string, number>, latency: { p50: number, p99: number, max: number } }>} */
    stop: () =>
      new Promise((resolve, reject) => {
        child.once('message', (report) => resolve(/** @type {any} */ (report)));
        child.once('exit', (code) => reject(new Error(`The load generator ended with ${code}`)));
        child.send('stop');
      }),
    /** Ends the process, whatever it is at. */
    abandon: () => void child.kill(),
  };
}

/** @param {{ ports: readonly number[], perSecond: number }} options */
function generate({ ports, perSecond }) {
  const agent = new http.Agent({ keepAlive: true, scheduling: 'fifo', timeout: 2_000 });
  const report = { carried: 0, failed: 0, reasons: /** @type {Record<string, number>} */ ({}) };
  // From the moment at which a request was due, so that a stall is seen by all that should have been sent meanwhile.
  const latency = new Latency();
  const inFlight = new Set();
  const startedAt = performance.now();
  let sent = 0;

  const sendOne = (port, isKept) => {
    const dueAt = startedAt + (sent / perSecond) * 1_000;
    const exchange = send(port, isKept ? agent : false)
      .then(() => latency.add(performance.now() - dueAt))
      .catch((error) => {
        report.failed += 1;
        report.reasons[error.message] = (report.reasons[error.message] ?? 0) + 1;
      })
      .finally(() => {
        report.carried += 1;
        inFlight.delete(exchange);
      });
    inFlight.add(exchange);
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; sent < due; sent += 1) for (const port of ports) sendOne(port, sent % 2 === 0);
  }, TICK_MS);

  process.on('message', async () => {
    clearInterval(timer);
    await Promise.all(inFlight);
    process.send?.({ ...report, latency: latency.summary() }, () => process.exit(0));
  });
  process.on('disconnect', () => process.exit(1));
}

function send(port, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host: '127.0.0.1', port, agent, signal: AbortSignal.timeout(TIMEOUT_MS) },
      (response) => {
        response.resume();
        response.once('error', (error) => reject(new Error(error.code ?? error.message)));
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(String(response.statusCode))),
        );
      },
    );
    request.once('error', (error) => reject(new Error(error.code ?? error.message)));
  });
}

if (process.argv[1] === PROGRAM) generate(JSON.parse(process.argv[2] ?? ''));
