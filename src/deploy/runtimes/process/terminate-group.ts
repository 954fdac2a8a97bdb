import type { ProcessIdentity, System } from '../../../system/index.ts';
import { cannotKill } from '../errors.ts';

const POLL_MS = 10;
const KILL_LIMIT_MS = 10_000;

/**
 * SIGTERM to a process and all of its group, SIGKILL to those that are left after `graceMs`. Resolves when none is left; throws
 * `runtime.cannot-kill` when the system does not end them.
 */
export async function terminateGroup(system: System, leader: ProcessIdentity, graceMs: number): Promise<void> {
  if (!system.processes.signalGroup(leader, 'SIGTERM')) return;
  if (await isGone(system, leader, graceMs)) return;
  system.processes.signalGroup(leader, 'SIGKILL');
  if (!(await isGone(system, leader, KILL_LIMIT_MS))) throw cannotKill(leader.pid);
}

async function isGone(system: System, leader: ProcessIdentity, limitMs: number): Promise<boolean> {
  const deadline = system.clock.monotonicMs() + limitMs;
  while (system.processes.groupState(leader) !== 'dead') {
    if (system.clock.monotonicMs() >= deadline) return false;
    await system.clock.sleep(POLL_MS);
  }
  return true;
}
