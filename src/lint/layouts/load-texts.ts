import type { System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { Root } from './find-roots.ts';
import { fileFinding } from './findings.ts';

const MEGABYTE = 1024 * 1024;
/** Files up to this size are read together; larger ones in turn. */
const SMALL = MEGABYTE;
const LARGEST = 20 * MEGABYTE;

export interface RootTexts {
  /** Bytes of the files that may be read. */
  readonly bytes: number;
  readonly findings: readonly LintFinding[];
  /** Of small files only. */
  textOf(path: string): string | undefined;
  /** `undefined` when there is a finding about it. */
  bytesOf(path: string): Promise<Buffer | undefined>;
}

/** Reads the small files of a folder and holds the large ones back, within `budget` bytes. */
export async function loadTexts(system: System, root: Root, budget: number): Promise<RootTexts> {
  const findings: LintFinding[] = [];
  const tell = (path: string, why: Refusal) => {
    // Files that are read only to recognise the layout are not asked about.
    if (root.chosen === undefined || root.chosen.has(path)) findings.push(fileFinding(at(root, path), why));
  };
  const small: string[] = [];
  const large = new Set<string>();
  let bytes = 0;
  for (const path of root.paths) {
    const size = root.bytes.get(path) ?? (await system.files.entry(at(root, path)))?.bytes ?? 0;
    const why = size > LARGEST ? tooLarge(size) : bytes + size > budget ? TOO_MUCH : undefined;
    if (why) tell(path, why);
    else if (size > SMALL) large.add(path);
    else small.push(path);
    if (!why) bytes += size;
  }
  const loaded = new Map<string, Buffer>();
  for (const [index, content] of (await readSmall(system, root, small)).entries()) {
    const path = small[index] ?? '';
    if ('rule' in content) tell(path, content);
    else loaded.set(path, content);
  }
  return {
    bytes,
    findings,
    textOf: (path) =>
      loaded
        .get(path)
        ?.toString('utf8')
        .replace(/^\uFEFF/, ''),
    bytesOf: async (path) => loaded.get(path) ?? (large.has(path) ? system.files.readBytes(at(root, path)) : undefined),
  };
}

type Refusal = Pick<LintFinding, 'rule' | 'class' | 'message' | 'help'>;
type Content = Buffer | Refusal;

async function readSmall(system: System, root: Root, paths: readonly string[]): Promise<readonly Content[]> {
  try {
    return await system.files.readAll(paths.map((path) => at(root, path)));
  } catch {
    // One of them cannot be read; which one, and why, is asked of each.
    return Promise.all(paths.map((path) => system.files.readBytes(at(root, path)).catch(refused)));
  }
}

function refused(error: unknown): Refusal {
  return {
    rule: 'unreadable-file',
    class: 'unanalysed',
    message: `the file could not be read: ${error instanceof Error ? error.message : String(error)}`,
    help: 'Let this user read the file.',
  };
}

function at(root: Root, path: string): string {
  return `${root.folder}/${path}`;
}

const TOO_MUCH: Refusal = {
  rule: 'too-much-sql',
  class: 'unanalysed',
  message: 'it was not read: more than 64 MB of SQL were given at once',
  help: 'Lint fewer folders at once, or load rows with a data migration instead of SQL files.',
};

function tooLarge(bytes: number): Refusal {
  return {
    rule: 'large-file',
    class: 'unanalysed',
    message: `it was not read: it has ${(bytes / MEGABYTE).toFixed(1)} MB, and files of up to 20 MB are analysed`,
    help: 'Split the file, or load its rows with a data migration.',
  };
}
