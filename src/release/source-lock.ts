import type { ProcessIdentity, System } from '../system/index.ts';
import { sourceBusy } from './errors.ts';
import { lockFile } from './source-layout.ts';

const LONGEST_WAIT_MS = 60_000;
const POLL_MS = 25;

/**
 * Runs an action while no other process changes the source folder. The lock is a file that names its holder; one whose holder died is
 * taken away. Waits up to a minute, then throws `release.source-busy`.
 */
export async function withSourceLock<T>(system: System, folder: string, action: () => Promise<T>): Promise<T> {
  const path = lockFile(folder);
  await system.files.makeFolder(folder);
  await acquire(system, path);
  try {
    return await action();
  } finally {
    await system.files.remove(path);
  }
}

async function acquire(system: System, path: string): Promise<void> {
  const mine = JSON.stringify(system.processes.self());
  const deadline = system.clock.monotonicMs() + LONGEST_WAIT_MS;
  while (!(await system.files.createOnce(path, mine))) {
    await removeIfStale(system, path);
    if (system.clock.monotonicMs() > deadline) throw sourceBusy(path, describeHolder(await readHolder(system, path)));
    await system.clock.sleep(POLL_MS);
  }
}

/**
 * Only one process at a time may take a dead holder's lock away, and it looks again before it does: otherwise two that saw the same
 * dead holder could remove the lock of the one that came in between.
 */
async function removeIfStale(system: System, path: string): Promise<void> {
  if (!(await isStale(system, path))) return;
  const guard = `${path}.stale`;
  if (!(await system.files.createOnce(guard, JSON.stringify(system.processes.self())))) return;
  try {
    if (await isStale(system, path)) await system.files.remove(path);
  } finally {
    await system.files.remove(guard);
  }
}

async function isStale(system: System, path: string): Promise<boolean> {
  const holder = await readHolder(system, path);
  return holder !== undefined && system.processes.state(holder) === 'dead';
}

async function readHolder(system: System, path: string): Promise<ProcessIdentity | undefined> {
  const text = await system.files.readTextIfPresent(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity);
  } catch {
    return undefined;
  }
}

function describeHolder(holder: ProcessIdentity | undefined): string {
  return holder ? `process ${holder.pid}` : 'another process';
}
