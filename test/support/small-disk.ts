import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file system of its own on a folder, small enough to be filled; only what runs within it sees it. */
export interface SmallDisk {
  /** What a command line begins with to run within it. */
  readonly enter: readonly string[];
  /** The folder as it is seen from outside. */
  readonly folder: string;
  /** Takes every free byte. */
  fill(): Promise<void>;
  /** Gives back what `fill` took. */
  makeRoom(): Promise<void>;
  /** Ends it; processes within keep it until they end. */
  remove(): Promise<void>;
}

const FILLING = 'filling';
const BLOCK = Buffer.alloc(1024 * 1024);

/**
 * Mounts a tmpfs on a folder, in a mount namespace of its own. A user namespace makes that possible for an ordinary user, too; what needs the
 * rights of the real root within it says so.
 */
export async function mountSmallDisk(
  folder: string,
  megabytes: number,
  owner: 'anyone' | 'root' = 'anyone',
): Promise<SmallDisk> {
  const user = owner === 'root' ? [] : ['--user'];
  const mapped = owner === 'root' ? [] : ['--user', '--map-root-user'];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mount = 'mount -t tmpfs -o "size=$1m,mode=0700" onward-test "$2" && echo mounted && exec sleep infinity';
  const shell = ['sh', '-c', mount, 'sh', `${megabytes}`, folder];
  const keeper = spawn('unshare', [...mapped, '--mount', ...shell], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await assertMounted(keeper);
  const seen = `/proc/${keeper.pid}/root${folder}`;
  return {
    enter: ['nsenter', ...user, '--mount', '--preserve-credentials', '--target', `${keeper.pid}`, '--'],
    folder: seen,
    fill: () => takeAll(join(seen, FILLING)),
    makeRoom: () => rm(join(seen, FILLING)),
    async remove() {
      keeper.kill();
      await once(keeper, 'exit');
    },
  };
}

async function assertMounted(keeper: ChildProcess): Promise<void> {
  let said = '';
  keeper.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [first] = await Promise.race([once(keeper.stdout ?? keeper, 'data'), once(keeper, 'exit')]);
  if (String(first).trim() !== 'mounted') throw new Error(`A small disk could not be mounted: ${said}`);
}

/** Writes until there is no room for one byte more. */
async function takeAll(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let size = BLOCK.length; size > 0; ) {
      const { bytesWritten } = await file.write(BLOCK, 0, size).catch(() => ({ bytesWritten: 0 }));
      if (bytesWritten < size) size = Math.floor(size / 2);
    }
  } finally {
    await file.close();
  }
}
