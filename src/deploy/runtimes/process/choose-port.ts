import { isPortFree, type System } from '../../../system/index.ts';

const HOST = '127.0.0.1';
const EPHEMERAL_RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
const SPAN = 12_000;
const ATTEMPTS = 200;

/**
 * A loopback port that nobody listens on: the earlier one if it is still free, else one below the range from which the kernel takes
 * the ports of outgoing connections, so that none of those takes it before the instance listens.
 */
export async function choosePort(system: System, earlier: number | undefined): Promise<number> {
  if (earlier !== undefined && (await isPortFree(HOST, earlier))) return earlier;
  const text = (await system.files.readTextIfPresent(EPHEMERAL_RANGE)) ?? '';
  const low = Number(text.trim().split(/\s+/)[0]);
  const end = low > SPAN + 1_024 ? low : 32_768;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = end - 1 - Math.floor(system.random.fraction() * SPAN);
    if (await isPortFree(HOST, port)) return port;
  }
  throw new Error(`No free port was found from ${end - SPAN} to ${end - 1}`);
}
