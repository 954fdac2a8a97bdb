// Load on a shop from a process of its own: node load.mjs <url> [requests per second]
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export { countBilling, countShifts, countWrites } from './load/writes.mjs';

const PROGRAM = fileURLToPath(new URL('load/program.mjs', import.meta.url));

/**
 * Starts the load generator as a child process, so that neither its caller nor the tool under test shares its event loop. It ends
 * with its caller, and by itself at the limits of its options.
 *
 * @param {import('./load/generator.mjs').LoadOptions} options
 */
export async function startLoad(options) {
  const child = fork(PROGRAM, { execArgv: [], serialization: 'advanced' });
  const waiting = new Map();
  let lastId = 0;
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(value);
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`The load generator ended with ${signal ?? code}`));
  });
  const ask = (call, argument) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ id: lastId, call, argument }, (error) => error && reject(error));
    });
  await ask('start', options);

  /** @typedef {ReturnType<typeof import('./load/generator.mjs').startGenerator>} Generator */
  return {
    pid: child.pid,
    /** @returns {Promise<ReturnType<Generator['snapshot']>>} */
    snapshot: () => ask('snapshot'),
    /** Requests that are due from now on are booked under this name; the first ones are `before`.
     * @param {string} name */
    mark: (name) => ask('mark', name),
    /** Waits for the answers that are owed, reports, and ends the process.
     * @returns {ReturnType<Generator['stop']>} */
    stop: async () => {
      const report = await ask('stop');
      child.disconnect();
      return report;
    },
    /** Ends the process, whatever it is at. */
    abandon: async () => {
      if (child.connected) child.disconnect();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, rate = '120'] = process.argv.slice(2);
  if (!url) throw new Error('Usage: node load.mjs <url> [requests per second]');
  const load = await startLoad({ url, rate: Number(rate) });
  const timer = setInterval(async () => console.log(JSON.stringify(await load.snapshot())), 1_000);
  process.once('SIGINT', async () => {
    clearInterval(timer);
    const { acknowledgedIds, ...report } = await load.stop();
    console.log(JSON.stringify({ ...report, acknowledged: acknowledgedIds.length }, undefined, 2));
  });
}
