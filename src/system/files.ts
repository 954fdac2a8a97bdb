import { createHash } from 'node:crypto';
import { constants, createReadStream, lstatSync, readFileSync, type Stats } from 'node:fs';
import {
  access,
  appendFile,
  chmod,
  chown,
  cp,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as giveWay } from 'node:timers/promises';
import type { Digest } from '../model/index.ts';
import { halfOf, isAbandoned, temporaryBeside } from './temporary-name.ts';

export interface FileEntry {
  /** Relative to the listed folder, with forward slashes. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly executable: boolean;
  readonly bytes: number;
}

export interface Files {
  readText(path: string): Promise<string>;
  /** `undefined` when the file does not exist. */
  readTextIfPresent(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Buffer>;
  /** The bytes of a file in pieces; for large ones. */
  readPieces(path: string): AsyncIterable<Buffer>;
  /** The bytes of many small files, in the order of the paths. */
  readAll(paths: readonly string[]): Promise<readonly Buffer[]>;
  exists(path: string): Promise<boolean>;
  isFolder(path: string): Promise<boolean>;
  /** Names in a folder, sorted by code unit; empty when it does not exist. */
  names(path: string): Promise<readonly string[]>;
  /** Everything below a folder, sorted by path; links are listed, never followed. */
  tree(path: string): Promise<readonly FileEntry[]>;
  /** What stands at a path; a link is named, not followed. Its `path` is the one given. `undefined` when there is nothing. */
  entry(path: string): Promise<FileEntry | undefined>;
  /** Where a path leads once links are followed. */
  real(path: string): Promise<string>;
  /** What a symbolic link says, as it is written. */
  linkTarget(path: string): Promise<string>;
  makeFolder(path: string, mode?: number): Promise<void>;
  /** Replaces a file as a whole and durably (temporary file, fsync, rename, fsync of the folder); 0600 unless told. */
  writeAtomic(path: string, text: string | Buffer, mode?: number): Promise<void>;
  /** As `writeAtomic` for a file that is there, with its mode and its owner kept. */
  replace(path: string, bytes: Buffer): Promise<void>;
  /** Creates a file durably, whole from the start; false when the path is taken. Of several at once, one succeeds. 0600. */
  createOnce(path: string, text: string): Promise<boolean>;
  append(path: string, text: string): Promise<void>;
  /** Removes what a writer of this path that was killed has left beside it. Only for whoever is the one writer of the path. */
  removeHalves(path: string): Promise<void>;
  /** A new name beside a path, for what is not whole yet. It tells which process makes it. */
  temporaryBeside(path: string): string;
  /** Removes what has such a name at a path and below, if its process has ended; links are not followed. What another one is writing stays. */
  removeAbandoned(path: string): Promise<void>;
  /** Copies a folder or a file so that the destination is there whole or not at all. */
  copy(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  sha256(path: string): Promise<Digest>;
  /** Free bytes for this user on the file system that holds `path` (or its nearest existing parent). */
  freeBytes(path: string): Promise<number>;
  /** Opens a file for durable appends: each `append` is written and fdatasynced before it resolves. */
  openDurable(path: string): Promise<DurableFile>;
}

export interface DurableFile {
  append(text: string): Promise<void>;
  /** Cuts the file to this many bytes, durably. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export function createFiles(): Files {
  return {
    readText: (path) => named(path, () => readFile(path, 'utf8')),
    readTextIfPresent: (path) => absentAs(undefined, () => named(path, () => readFile(path, 'utf8'))),
    readBytes: (path) => named(path, () => readFile(path)),
    readPieces: (path) => createReadStream(path),
    readAll,
    exists: (path) =>
      absentAs(false, async () => {
        await access(path, constants.F_OK);
        return true;
      }),
    isFolder: (path) => absentAs(false, async () => (await stat(path)).isDirectory()),
    names: (path) => absentAs([], async () => (await readdir(path)).sort()),
    tree,
    entry: (path) => absentAs(undefined, async () => toEntry(path, await lstat(path))),
    real: (path) => realpath(path),
    makeFolder: async (path, mode = 0o755) => {
      await mkdir(path, { recursive: true, mode });
    },
    linkTarget: (path) => readlink(path),
    writeAtomic,
    replace,
    createOnce,
    append: (path, text) => appendFile(path, text, { mode: 0o600 }),
    removeHalves,
    temporaryBeside,
    removeAbandoned,
    copy,
    remove: (path) => rm(path, { recursive: true, force: true }),
    rename,
    sha256,
    freeBytes,
    openDurable,
  };
}

/** Reading and writing through a handle fail without the path, which a person needs to know. */
async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Error && !('path' in error) ? Object.assign(error, { path }) : error;
  }
}

async function absentAs<T>(fallback: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return fallback;
    throw error;
  }
}

/** Each turn of the thread pool costs more than a small file does, so they are read at once, so many at a time. */
const AT_ONCE = 50;

async function readAll(paths: readonly string[]): Promise<readonly Buffer[]> {
  const read: Buffer[] = [];
  for (const [index, path] of paths.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await giveWay();
    read.push(await named(path, async () => readFileSync(path)));
  }
  return read;
}

async function tree(root: string): Promise<readonly FileEntry[]> {
  const entries: FileEntry[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const [index, name] of (await readdir(folder)).entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) await giveWay();
      const path = join(folder, name);
      const entry = toEntry(`${prefix}${name}`, lstatSync(path));
      entries.push(entry);
      if (entry.kind === 'folder') await visit(path, `${entry.path}/`);
    }
  };
  await visit(root, '');
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function toEntry(path: string, found: Stats): FileEntry {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other';
  return { path, kind, executable: (found.mode & 0o100) !== 0, bytes: found.size };
}

async function writeAtomic(path: string, text: string | Buffer, mode = 0o600): Promise<void> {
  await writeOver(path, text, { mode });
}

async function replace(path: string, bytes: Buffer): Promise<void> {
  const { mode, uid, gid } = await stat(path);
  await writeOver(path, bytes, { mode: mode & 0o7777, owner: { uid, gid } });
}

interface Access {
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
}

async function writeOver(path: string, text: string | Buffer, { mode, owner }: Access): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    // Nobody else may read it before it has its owner.
    await named(path, () => writeDurably(temporary, text, owner ? 0o600 : mode));
    if (owner) await chown(temporary, owner.uid, owner.gid);
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function removeAbandoned(path: string): Promise<void> {
  if (isAbandoned(basename(path))) return rm(path, { recursive: true, force: true });
  const entries = await absentAs([], () => readdir(path, { withFileTypes: true }));
  for (const entry of entries)
    if (entry.isDirectory() || isAbandoned(entry.name)) await removeAbandoned(join(path, entry.name));
}

async function removeHalves(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const isHalf = (other: string) => halfOf(other) === name;
  const names = await absentAs([], () => readdir(folder));
  for (const half of names.filter(isHalf)) await rm(join(folder, half), { force: true });
}

async function writeDurably(path: string, text: string | Buffer, mode: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function createOnce(path: string, text: string): Promise<boolean> {
  const temporary = temporaryBeside(path);
  try {
    await named(path, () => writeDurably(temporary, text, 0o600));
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function copy(from: string, to: string): Promise<void> {
  const temporary = temporaryBeside(to);
  await mkdir(dirname(to), { recursive: true });
  try {
    await cp(from, temporary, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(to));
}

async function sha256(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

async function freeBytes(path: string): Promise<number> {
  let folder = path;
  for (;;) {
    const found = await absentAs(undefined, () => statfs(folder));
    if (found) return found.bavail * found.bsize;
    folder = dirname(folder);
  }
}

async function openDurable(path: string): Promise<DurableFile> {
  const isNew = (await absentAs(undefined, () => stat(path))) === undefined;
  const file = await open(path, 'a', 0o600);
  if (isNew) await syncFolder(dirname(path));
  return {
    async append(text) {
      await file.appendFile(text);
      await file.datasync();
    },
    async truncate(bytes) {
      await file.truncate(bytes);
      await file.datasync();
    },
    close: () => file.close(),
  };
}
