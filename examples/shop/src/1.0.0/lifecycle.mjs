import { setTimeout as sleep } from 'node:timers/promises';

const controller = new AbortController();
for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => controller.abort());

/** Aborted once this process was asked to stop. */
export const stopping = controller.signal;

/**
 * Takes one turn after another until the process is asked to stop. A turn that has begun is always finished.
 *
 * @param {() => Promise<number>} turn resolves with the milliseconds to wait before the next one
 */
export async function repeat(turn) {
  while (!stopping.aborted) {
    const pauseMs = await turn().catch((error) => {
      console.error(error.message);
      return 500;
    });
    await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {});
  }
}
