import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * The application: eight sessions on an open loop, each with one statement every 20 ms whether or not the last one was quick, in turns a
 * read and a write of one row. The time of a statement is counted from when it was due.
 *
 * @param {string} url @param {number} rows of the table
 */
export async function startClients(url, rows) {
  const worker = new Worker(new URL('./clients-program.mjs', import.meta.url), { workerData: { url, rows } });
  const ask = async (message) => {
    const answer = once(worker, 'message');
    worker.postMessage(message);
    return (await answer)[0];
  };
  await once(worker, 'message');
  return {
    /** The 99th of a hundred, in milliseconds, since the last call. */
    takeP99: () => ask('take'),
    stop: () => ask('stop'),
  };
}
