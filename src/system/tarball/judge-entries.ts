import { leavesFolder } from '../artifact.ts';
import type { TarballEntry } from './parse-entry.ts';

/** What a tarball would unpack to. */
export interface JudgedTarball {
  /** The folder that holds everything in it, which is left out of what is unpacked; empty when there is no such one. */
  readonly root: string;
  /** Why it is not unpacked, each with the entry that it is about; empty when nothing speaks against it. */
  readonly problems: readonly string[];
}

/** Judges the entries of a tarball in their order; all of them, so that a vendor reads everything at once. */
export function judgeEntries(entries: readonly TarballEntry[]): JudgedTarball {
  const named = entries.flatMap((entry) => {
    const parts = entry.path.split('/').filter((part) => part !== '' && part !== '.');
    return parts.length === 0 && entry.kind === 'folder' ? [] : [{ entry, parts }];
  });
  const root = findRoot(named);
  const places = new Map<string, TarballEntry['kind']>();
  const problems = named.flatMap(({ entry, parts }) => {
    const place = parts.join('/');
    const wrong = explain({ entry, parts, place, root, places });
    if (places.get(place) === undefined) places.set(place, entry.kind);
    return wrong === undefined ? [] : [`${entry.path} ${wrong}`];
  });
  const conflicts = named.flatMap(({ entry, parts }) => explainConflict(entry, parts, places));
  const isEmpty = named.every(({ entry }) => entry.kind === 'folder');
  return { root, problems: [...(isEmpty ? ['it holds no file'] : []), ...problems, ...conflicts] };
}

interface Named {
  readonly entry: TarballEntry;
  /** Of its path, without those that say nothing. */
  readonly parts: readonly string[];
}

/** Vendors pack `search-1.2.0/…`; a command that had to name that folder would change with every release. */
function findRoot(named: readonly Named[]): string {
  const [first, ...others] = new Set(named.map(({ parts }) => parts[0]));
  const isFolder = named.every(({ entry, parts }) => parts.length > 1 || entry.kind === 'folder');
  return others.length === 0 && isFolder && first !== undefined ? first : '';
}

interface Place extends Named {
  readonly place: string;
  readonly root: string;
  /** What stands before it. */
  readonly places: ReadonlyMap<string, TarballEntry['kind']>;
}

function explain({ entry, parts, place, root, places }: Place): string | undefined {
  const { kind, path, target } = entry;
  if (kind === 'unreadable') return 'cannot be told, or has a name that is not UTF-8';
  if (path.startsWith('/')) return 'has an absolute name';
  if (parts.includes('..')) return 'goes up with "..", which may leave the folder';
  if (kind === 'other') return 'is a device, a pipe or something else that is no file, folder or link';
  if (entry.isPrivileged && kind !== 'folder') return 'has the setuid or the setgid bit';
  if (kind === 'link' && leavesFolder(place.slice(root === '' ? 0 : root.length + 1), target)) {
    return `is a symbolic link to ${target}, which leaves the folder or may leave it`;
  }
  if (kind === 'hard-link' && places.get(toPlace(target)) !== 'file') {
    return `is a hard link to ${target}, which is no file that stands before it`;
  }
  const before = places.get(place);
  return before === undefined || (before === 'folder' && kind === 'folder') ? undefined : 'is there twice';
}

function toPlace(path: string): string {
  if (path.startsWith('/')) return path;
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function explainConflict(
  { path }: TarballEntry,
  parts: readonly string[],
  places: ReadonlyMap<string, TarballEntry['kind']>,
): readonly string[] {
  for (let length = 1; length < parts.length; length += 1) {
    const above = parts.slice(0, length).join('/');
    const kind = places.get(above);
    if (kind !== undefined && kind !== 'folder') return [`${path} stands below ${above}, which is no folder`];
  }
  return [];
}
