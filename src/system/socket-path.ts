import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** `sun_path` holds 108 bytes on Linux, with the terminating zero. */
const LIMIT_BYTES = 107;

/**
 * A path by which a unix socket can be bound or connected even when its real path is too long: through an open descriptor of its
 * folder. Release it once the socket is bound or connected.
 */
export async function reachableSocketPath(path: string): Promise<{ readonly path: string; release(): Promise<void> }> {
  if (Buffer.byteLength(path) <= LIMIT_BYTES) return { path, release: async () => {} };
  const folder = await open(dirname(path), 'r');
  return { path: `/proc/self/fd/${folder.fd}/${basename(path)}`, release: () => folder.close() };
}
