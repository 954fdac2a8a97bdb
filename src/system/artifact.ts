import { createHash } from 'node:crypto';
import { join, posix } from 'node:path';
import { canonicalJson, type Digest, ExitCode, OnwardError } from '../model/index.ts';
import type { FileEntry, Files } from './files.ts';

/**
 * The identity of what a release ships: of a tarball, the sha256 of the file; of a folder, what `hashArtifact` says and throws. Throws
 * `artifact.missing` when it is not there.
 */
export async function identifyArtifact(
  files: Files,
  { kind, path }: { readonly kind: 'folder' | 'tarball'; readonly path: string },
): Promise<{ readonly identity: Digest; readonly bytes: number }> {
  if (kind === 'folder') return hashArtifact(files, path);
  // A link to it is as good: its bytes are what counts.
  const entry = (await files.exists(path)) ? await files.entry(await files.real(path)) : undefined;
  if (entry?.kind !== 'file') throw missing(path, 'file');
  return { identity: await files.sha256(path), bytes: entry.bytes };
}

/**
 * The identity of an artifact's folder: sha256 over the canonical listing of its folder (path, executable bit and sha256 of each file, target
 * of each symbolic link; empty folders do not count), and the bytes of its files. Throws `artifact.missing` when there is no such
 * folder, and `artifact.unsupported` when it holds a link that leaves it, a socket, a pipe or a device. Reads only.
 */
export async function hashArtifact(
  files: Files,
  folder: string,
): Promise<{ readonly identity: Digest; readonly bytes: number }> {
  if (!(await files.isFolder(folder))) throw missing(folder, 'folder');
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
  if (leavesFolder(entry.path, target)) {
    throw unsupported(path, `it is a symbolic link to ${target}, which leaves the artifact or may leave it`);
  }
  return ['link', entry.path, target];
}

/**
 * Whether a link may lead out of the artifact that it is in at this path. It may go up from its own folder first and then down, and not
 * leave the artifact in doing so. As every link on its way down keeps to the same rule, it cannot leave through one of them either, whether
 * it leads somewhere or not.
 */
export function leavesFolder(path: string, target: string): boolean {
  const written = posix.normalize(posix.join(posix.dirname(path), target));
  const isOutside = posix.isAbsolute(target) || written === '..' || written.startsWith('../');
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const goesUpLater = parts.some((part, index) => part === '..' && index > 0 && parts[index - 1] !== '..');
  return isOutside || goesUpLater;
}

function missing(path: string, kind: 'file' | 'folder'): OnwardError {
  return new OnwardError({
    code: 'artifact.missing',
    message: `Could not read the artifact ${path}: there is no such ${kind}.`,
    hint: 'Fetch the release again, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
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
