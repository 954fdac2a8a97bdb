import type { System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import { differsInLineEnds, parseReleasedList, RELEASED_LIST, type ReleasedEntry } from './released-list.ts';
import type { ShippedFile } from './shipped.ts';

export interface LoadedShipped {
  readonly shipped: readonly ShippedFile[];
  readonly findings: readonly LintFinding[];
}

/** A list stands at most this many folders above a migration: database, version, phase, and one more. */
const MOST_FOLDERS_UP = 4;

/** What the lists say that stand beside these paths, or in a folder above. */
export async function loadReleased(system: System, paths: readonly string[]): Promise<LoadedShipped> {
  const shipped: ShippedFile[] = [];
  const findings: LintFinding[] = [];
  for (const folder of await findLists(system, paths)) {
    const list = join(folder, RELEASED_LIST);
    const { entries, findings: wrong } = parseReleasedList(await system.files.readText(list), list);
    findings.push(...wrong);
    for (const entry of entries) shipped.push(await compare(system, join(folder, entry.path), entry));
  }
  return { shipped, findings };
}

async function findLists(system: System, paths: readonly string[]): Promise<readonly string[]> {
  const asked = new Map<string, boolean>();
  for (const path of paths) {
    let folder = path;
    for (let up = 0; up <= MOST_FOLDERS_UP; up += 1) {
      if (!asked.has(folder)) asked.set(folder, await system.files.exists(join(folder, RELEASED_LIST)));
      if (asked.get(folder) || folder === '.' || folder === '') break;
      const slash = folder.lastIndexOf('/');
      folder = slash > 0 ? folder.slice(0, slash) : folder.startsWith('/') ? '' : '.';
    }
  }
  return [...asked].flatMap(([folder, isThere]) => (isThere ? [folder] : []));
}

async function compare(system: System, path: string, { checksum }: ReleasedEntry): Promise<ShippedFile> {
  const base = { path, shippedIn: RELEASED_LIST } as const;
  const entry = await system.files.entry(path);
  if (entry?.kind !== 'file') return { ...base, state: 'removed' };
  if ((await system.files.sha256(path)) === checksum) return { ...base, state: 'same' };
  const isRewrapped = differsInLineEnds(await system.files.readBytes(path), checksum);
  return { ...base, state: isRewrapped ? 'rewrapped' : 'edited' };
}

function join(folder: string, path: string): string {
  return folder === '.' ? path : `${folder}/${path}`;
}
