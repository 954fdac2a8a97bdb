import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 5_000;

/**
 * Makes sure that no process of a folder outlives it: every process that runs in the folder, or was started with a path of it, gets
 * five seconds to end by itself and is killed then, by its own id.
 *
 * @param {string} folder the demo's own, new one
 * @returns {Promise<number>} how many had to be killed
 */
export async function endLeftovers(folder) {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
    if (processesOf(folder).length === 0) return 0;
  }
  const left = processesOf(folder);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  return left.length;
}

function processesOf(folder) {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && belongsTo(pid, folder));
}

function belongsTo(pid, folder) {
  try {
    const isInside = `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
    return isInside || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return false;
  }
}
