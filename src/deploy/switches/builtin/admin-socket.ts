import { chmod, link, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import { type Files, reachableSocketPath } from '../../../system/index.ts';

export function adminSocketPath(directory: string): string {
  return join(directory, 'admin.sock');
}

/** Binds a server to a unix socket of this process's own (0600), which nobody looks for until it is published. */
export async function bindAdminSocket(server: Server, directory: string, pid: number): Promise<void> {
  const own = ownSocketPath(directory, pid);
  await rm(own, { force: true });
  const reachable = await reachableSocketPath(own);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(reachable.path, () => {
        server.off('error', reject);
        resolve();
      });
    });
    await chmod(reachable.path, 0o600);
  } finally {
    await reachable.release();
  }
}

/** Puts this process's socket in the place of whatever is at the known path, without a moment in which there is none. */
export async function publishAdminSocket(directory: string, pid: number): Promise<void> {
  const passing = join(directory, `admin.${pid}.new`);
  await rm(passing, { force: true });
  await link(ownSocketPath(directory, pid), passing);
  await rename(passing, adminSocketPath(directory));
}

/** Removes the sockets that killed processes have left. Only for the owner of the directory. */
export async function removeSocketsExcept(files: Files, directory: string, pids: readonly number[]): Promise<void> {
  for (const name of await files.names(directory)) {
    const matched = /^admin\.(\d+)(\.new)?$/.exec(name);
    if (matched && !pids.includes(Number(matched[1]))) await files.remove(join(directory, name));
  }
}

/** True when a process listens on a unix socket. */
export async function isListening(path: string): Promise<boolean> {
  const reachable = await reachableSocketPath(path).catch(() => undefined);
  if (!reachable) return false;
  try {
    return await new Promise((resolve) => {
      const socket = connect(reachable.path);
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  } finally {
    await reachable.release();
  }
}

/** Where one process answers, whether it is the switch now or was it before. */
export function ownSocketPath(directory: string, pid: number): string {
  return join(directory, `admin.${pid}`);
}
