import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessIdentity, System } from '../../system/index.ts';

const PREFIX = 'onward-scratch-';
const END_LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** A temporary folder for a server that must not outlive this process. */
export async function createServerFolder(system: System): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  await writeIdentity(system, join(folder, 'owner.json'), process.pid);
  return folder;
}

/** Notes which process serves, so that it can be ended when its owner was killed. */
export async function recordServer(system: System, folder: string): Promise<void> {
  const pid = Number((await system.files.readTextIfPresent(join(folder, 'data', 'postmaster.pid')))?.split('\n')[0]);
  if (Number.isInteger(pid) && pid > 0) await writeIdentity(system, join(folder, 'server.json'), pid);
}

async function writeIdentity(system: System, path: string, pid: number): Promise<void> {
  // Where processes cannot be told apart, nothing is noted, and nothing will be ended.
  const identity = system.processes.identify(pid);
  if (identity) await system.files.writeAtomic(path, JSON.stringify(identity));
}

/** Ends the servers, and removes the folders, of processes that were killed before they could do it themselves. */
export async function removeAbandoned(system: System): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || !(await isOwn(folder))) continue;
    const owner = await readIdentity(system, join(folder, 'owner.json'));
    if (owner && system.processes.state(owner) === 'dead') await removeFolder(system, folder);
  }
}

async function removeFolder(system: System, folder: string): Promise<void> {
  const server = await readIdentity(system, join(folder, 'server.json'));
  const deadlineMs = system.clock.monotonicMs() + END_LIMIT_MS;
  while (server && system.processes.state(server) === 'alive' && system.clock.monotonicMs() < deadlineMs) {
    system.processes.signal(server, 'SIGQUIT');
    await system.clock.sleep(LOOK_EVERY_MS);
  }
  await rm(folder, { recursive: true, force: true });
}

/** Others may put anything into the folder for temporary files. */
async function isOwn(folder: string): Promise<boolean> {
  const entry = await lstat(folder).catch(() => undefined);
  return entry?.isDirectory() === true && entry.uid === process.getuid?.();
}

async function readIdentity(system: System, path: string): Promise<ProcessIdentity | undefined> {
  const text = await system.files.readTextIfPresent(path);
  if (text === undefined) return undefined;
  const value = JSON.parse(text) as Partial<ProcessIdentity>;
  const { pid, startTicks, boot, namespace } = value;
  if (typeof pid !== 'number' || typeof startTicks !== 'string') return undefined;
  return typeof boot === 'string' && typeof namespace === 'string' ? { pid, startTicks, boot, namespace } : undefined;
}
