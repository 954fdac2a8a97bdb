import { createHash } from 'node:crypto';
import { dirname, join, posix, sep } from 'node:path';
import { canonicalJson, type Digest, ExitCode, OnwardError } from '../model/index.ts';
import type { FileEntry, Files } from './files.ts';

/**
 * The identity of an artifact: sha256 over the canonical listing of its folder (path, executable bit and sha256 of each file, target
 * of each symbolic link; empty folders do not count), and the bytes of its files. Throws `artifact.missing` when there is no such
 * folder, and `artifact.unsupported` when it holds a link that leaves it, a socket, a pipe or a device. Reads only.
 */
export async function hashArtifact(
  files: Files,
  folder: string,
): Promise<{ readonly identity: Digest; readonly bytes: number }> {
  if (!(await files.isFolder(folder))) throw missing(folder);
  const hash = createHash('sha256');
  let bytes = 0;
  for (const entry of await files.tree(folder)) {
    if (entry.kind === 'folder') continue;
    if (entry.kind === 'file') bytes += entry.bytes;
    hash.update(`${canonicalJson(await listEntry(files, folder, entry))}\n`);
  }
  return { identity: `sha256:${hash.digest('hex')}`, bytes };
}

type Line = readonly ['file', string, boolean, Digest] | readonly ['link', string, string];

async function listEntry(files: Files, folder: string, entry: FileEntry): Promise<Line> {
  const path = join(folder, entry.path);
  if (entry.kind === 'file') return ['file', entry.path, entry.executable, await files.sha256(path)];
  if (entry.kind !== 'link') throw unsupported(path, 'it is neither a file, a folder nor a symbolic link');
  const target = await files.linkTarget(path);
  await assertStaysInside(files, folder, entry.path, target);
  return ['link', entry.path, target];
}

/** By its text, and, when it leads somewhere, by where it leads: a link through another link can leave where its text does not. */
async function assertStaysInside(files: Files, folder: string, path: string, target: string): Promise<void> {
  const written = posix.normalize(posix.join(posix.dirname(path), target));
  const link = join(folder, path);
  if (posix.isAbsolute(target) || written === '..' || written.startsWith('../')) throw leaves(link, target);
  if (!(await files.exists(link))) return;
  const root = await files.real(folder);
  const real = await files.real(join(dirname(link), target));
  if (real !== root && !real.startsWith(root + sep)) throw leaves(link, target);
}

function missing(folder: string): OnwardError {
  return new OnwardError({
    code: 'artifact.missing',
    message: `Could not read the artifact ${folder}: there is no such folder.`,
    hint: 'Fetch the release again, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

function leaves(link: string, target: string): OnwardError {
  return unsupported(link, `it is a symbolic link to ${target}, outside of the artifact`);
}

function unsupported(path: string, why: string): OnwardError {
  return new OnwardError({
    code: 'artifact.unsupported',
    message: `Could not use ${path} as a part of an artifact: ${why}.`,
    hint: `Remove ${path} from the artifact, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
