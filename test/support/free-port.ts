import { randomInt } from 'node:crypto';
import { isPortFree } from '../../src/system/index.ts';

/** Below the ports that Onward chooses for processes, and those that the system gives to outgoing connections: any could take the port away again. */
const LOWEST = 12_000;
const HIGHEST = 20_000;

/** Workers of one run of the tests have ports of their own: between the choice of a port and its use, another one could take it. */
const SLICES = 8;
const given = new Set<number>();

/** A port of the loopback interface that nobody listens on now; never the same one twice in a test file. */
export async function freePort(): Promise<number> {
  const width = (HIGHEST - LOWEST) / SLICES;
  const first = LOWEST + width * (Number(process.env.VITEST_POOL_ID ?? 0) % SLICES);
  for (;;) {
    const port = randomInt(first, first + width);
    if (given.has(port) || !(await isPortFree('127.0.0.1', port))) continue;
    given.add(port);
    return port;
  }
}
