/** A file system for an image, put together from files of this machine, and made an image once. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { docker } from './docker.ts';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

export interface ImageRecipe {
  /** As in `onward-test/node`. */
  readonly name: string;
  /** The image that its files are added to; nothing unless told. */
  readonly from?: string;
  /** All that makes it another image: its tag is made of this and of `configuration`. */
  readonly key: readonly string[];
  /** Lines as in a Dockerfile: `ENV A=b`, `CMD ["node"]`, `USER postgres`. */
  readonly configuration: readonly string[];
  /** Puts its files into an empty folder. */
  fill(folder: string): Promise<void>;
}

/** The reference of the image that a recipe makes; builds it when this machine has not got it. Builders of the same wait for each other. */
export async function ensureImage(recipe: ImageRecipe): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe.from, recipe.key, recipe.configuration]))
    .digest('hex');
  const reference = `${recipe.name}:${hash.slice(0, 12)}`;
  if (await hasImage(reference)) return reference;
  const lock = await takeLock(`onward-test-image-${reference}`);
  try {
    if (!(await hasImage(reference))) await buildImage(recipe, reference);
  } finally {
    lock.close();
  }
  return reference;
}

/** The size and time of files, which tell one version of a program from another sooner than its bytes. */
export async function keyOfFiles(...paths: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return `${path} ${size} ${mtimeMs}`;
    }),
  );
}

/** Copies programs with the libraries that they load, each to where it is here. */
export async function copyPrograms(folder: string, ...programs: readonly string[]): Promise<void> {
  const libraries = await Promise.all(programs.map(librariesOf));
  for (const path of new Set([...programs, ...libraries.flat()])) await copyIn(folder, path);
}

/** The Node that runs the tests, on every PATH whatever its place here is. */
export async function copyNode(folder: string): Promise<void> {
  await copyIn(folder, process.execPath, NODE);
  for (const path of await librariesOf(process.execPath)) await copyIn(folder, path);
}

/** The busybox with a link for each of these commands. */
export async function copyBusybox(folder: string, commands: readonly string[]): Promise<void> {
  await copyIn(folder, BUSYBOX, '/bin/busybox');
  for (const command of commands) await symlink('busybox', join(folder, 'bin', command));
}

export const BUSYBOX = '/bin/busybox';
/** Where it is in an image, wherever it is here. */
export const NODE = '/usr/local/bin/node';

/** What even the smallest system has: users, and folders to write to. */
export async function writeSystemFiles(folder: string): Promise<void> {
  for (const name of ['etc', 'run', 'var', 'root']) await mkdir(join(folder, name), { recursive: true });
  await mkdir(join(folder, 'tmp'));
  await chmod(join(folder, 'tmp'), 0o1777);
  await writeFile(join(folder, 'etc/passwd'), USERS.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/sh\n`).join(''));
  await writeFile(join(folder, 'etc/group'), USERS.map(([name, id]) => `${name}:x:${id}:\n`).join(''));
}

const USERS: readonly (readonly [string, number])[] = [
  ['root', 0],
  ['postgres', 70],
  ['service', 1000],
  ['nobody', 65534],
];

/** Copies a file to where it is here, or to another path. */
export async function copyIn(folder: string, path: string, to = path): Promise<void> {
  await mkdir(dirname(join(folder, to)), { recursive: true });
  await copyFile(await realpath(path), join(folder, to));
}

/** Paths of the shared libraries and of the loader; none for a static program. */
export async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path]) => path ?? '');
}

async function hasImage(reference: string): Promise<boolean> {
  return docker(['image', 'inspect', '--format', '{{.Id}}', reference]).then(
    () => true,
    () => false,
  );
}

async function buildImage(recipe: ImageRecipe, reference: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-image-'));
  try {
    const root = join(folder, 'root');
    await mkdir(root);
    await recipe.fill(root);
    const archive = join(folder, 'root.tar');
    await run('tar', ['-c', '--owner=0', '--group=0', '-f', archive, '-C', root, '.']);
    await rm(root, { recursive: true });
    const dockerfile = [`FROM ${recipe.from ?? 'scratch'}`, 'ADD root.tar /', ...recipe.configuration];
    await writeFile(join(folder, 'Dockerfile'), dockerfile.join('\n'));
    await docker(['build', '--quiet', '--tag', reference, folder], { limitMs: 120_000 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Held by at most one process of this machine, and released when it ends, however it ends. */
async function takeLock(name: string): Promise<Server> {
  return eventually(
    () => listenOn(`\0${name}`),
    (server) => server !== undefined,
    180_000,
  ) as Promise<Server>;
}

function listenOn(path: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(path, () => resolve(server));
  });
}
