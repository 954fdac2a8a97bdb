import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that Onward chooses for processes, and those that systems give to outgoing connections: any could take one before its use. */
const LOWEST = 10_000;
const HIGHEST = 12_000;

/** Different ports of the loopback address that nobody listens on now. @param {number} count */
export async function choosePorts(count) {
  const ports = /** @type {Set<number>} */ (new Set());
  while (ports.size < count) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
