import type { MigrationFile } from '../../migrate/index.ts';
import type { Finding } from '../../model/index.ts';
import {
  edited,
  missingFile,
  noFileOfBirth,
  outOfOrder,
  standsBeforeBaseline,
  unclearBirth,
  unmatchedNumber,
} from './findings.ts';
import type { FileContent, ForeignEntry, ForeignLedger, LedgerTool } from './ledger-tool.ts';

/** A migration file, and what the tool saw when it was there to apply it. */
export interface AdoptableFile {
  readonly file: MigrationFile;
  readonly content: FileContent;
}

/** A file that a tool applied. */
export interface TakenFile {
  readonly file: MigrationFile;
  readonly entry: ForeignEntry;
  /** Whether its checksum says that it is what was applied, or nothing but its name. */
  readonly by: 'checksum' | 'name';
}

/** What a foreign ledger means for the product's files. */
export interface Matching {
  readonly taken: readonly TakenFile[];
  /** Files that the schema was born with, which is still to be proven. */
  readonly claimed: readonly MigrationFile[];
  /** Entries whose file is gone: a baseline holds what they did, which is still to be proven. */
  readonly folded: readonly ForeignEntry[];
  /** What `onward migrate` has left to do. */
  readonly pending: readonly MigrationFile[];
  readonly findings: readonly Finding[];
}

export interface MatchOptions {
  /** The squashed file that a release starts from. */
  readonly baseline?: MigrationFile;
  /** Every file up to this version was there from the start. */
  readonly isBornWith?: (file: MigrationFile) => boolean;
}

/**
 * Tells which file each entry of a foreign ledger stands for. A file whose checksum fits comes first, then one that has the same content
 * under another name, then one of the same name alone. What cannot be told is a finding of severity `error`. `files` are in the order in which
 * they run.
 */
export function matchFiles(
  tool: LedgerTool,
  ledger: ForeignLedger,
  files: readonly AdoptableFile[],
  options: MatchOptions = {},
): Matching {
  const entries = [...ledger.entries, ...entriesUpTo(tool, ledger, files)];
  const { taken, left, findings } = pair(tool, entries, files);
  const isTaken = new Set(taken.map(({ file }) => file));
  const free = files.map(({ file }) => file).filter((file) => !isTaken.has(file));
  const { baseline } = options;
  const isClaimed = (file: MigrationFile) => file === baseline || options.isBornWith?.(file) === true;
  const born = free.map((file) => ({ file, isBorn: isClaimed(file) ? true : ledger.bornWith?.includes(file) }));
  const claimed = born.filter(({ isBorn }) => isBorn === true).map(({ file }) => file);
  const unclear = ledger.bornWith && baseline === undefined && options.isBornWith === undefined;
  const pending = born.filter(({ isBorn }) => isBorn !== true).map(({ file }) => file);
  const folded = baseline === undefined ? [] : findFolded(entries, left, taken, baseline);
  return {
    taken,
    claimed,
    folded,
    pending,
    findings: [
      ...ledger.findings,
      ...findings,
      ...left.filter((entry) => !folded.includes(entry)).map((entry) => missingFile(tool, entry)),
      ...checkNumber(tool, ledger, files, baseline),
      ...checkBirth(tool, ledger, files),
      ...(unclear
        ? born.filter(({ isBorn }) => isBorn === undefined).map(({ file }) => unclearBirth(tool, ledger, file))
        : []),
      ...(baseline ? pending.filter((file) => runsBefore(files, file, baseline)).map(standsBeforeBaseline) : []),
      ...checkOrder(files, [...isTaken, ...claimed], pending),
    ],
  };
}

/** For a tool that keeps nothing but a number: an entry for every file up to it. */
function entriesUpTo(
  tool: LedgerTool,
  { upTo }: ForeignLedger,
  files: readonly AdoptableFile[],
): readonly ForeignEntry[] {
  if (!upTo) return [];
  return files
    .filter(({ file }) => file.sequence <= upTo.sequence)
    .map(({ file }) => ({ key: tool.keyOf(file) ?? file.path, label: file.path, line: upTo.line }));
}

function checkNumber(
  tool: LedgerTool,
  { upTo }: ForeignLedger,
  files: readonly AdoptableFile[],
  baseline: MigrationFile | undefined,
): readonly Finding[] {
  if (!upTo || baseline || files.some(({ file }) => file.sequence === upTo.sequence)) return [];
  return [unmatchedNumber(tool, upTo.sequence)];
}

/** What the schema was born with should stand in some file, or no new database can be made. */
function checkBirth(
  tool: LedgerTool,
  { bornWith }: ForeignLedger,
  files: readonly AdoptableFile[],
): readonly Finding[] {
  if (!bornWith || files.some(({ file }) => bornWith.includes(file) !== false)) return [];
  return [noFileOfBirth(tool, bornWith.label)];
}

interface Pairing {
  readonly taken: readonly TakenFile[];
  /** Entries without a file. */
  readonly left: readonly ForeignEntry[];
  readonly findings: readonly Finding[];
}

function pair(tool: LedgerTool, entries: readonly ForeignEntry[], files: readonly AdoptableFile[]): Pairing {
  const taken = new Map<ForeignEntry, TakenFile>();
  const used = new Set<AdoptableFile>();
  const findings: Finding[] = [];
  const sums = new Map(files.map((file) => [file, tool.checksumsOf?.(file.content) ?? []]));
  const keys = new Map(files.map((file) => [file, tool.keyOf(file.file)]));
  const fits = (entry: ForeignEntry, file: AdoptableFile) =>
    entry.checksum !== undefined && sums.get(file)?.includes(entry.checksum) === true;
  const take = (
    by: TakenFile['by'],
    isIt: (entry: ForeignEntry, file: AdoptableFile) => boolean,
    onTaken?: (entry: ForeignEntry, file: AdoptableFile) => void,
  ) => {
    for (const entry of entries.filter((one) => !taken.has(one))) {
      const found = files.filter((file) => !used.has(file) && isIt(entry, file));
      const [file] = found;
      // Of several that look alike, none is certain.
      if (!file || found.length > 1) continue;
      used.add(file);
      taken.set(entry, { entry, file: file.file, by });
      onTaken?.(entry, file);
    }
  };
  const isSameKey = (entry: ForeignEntry, file: AdoptableFile) => keys.get(file) === entry.key;
  const isSameName = (entry: ForeignEntry, { file }: AdoptableFile) => tool.nameOf?.(entry) === file.name;
  take('checksum', (entry, file) => isSameKey(entry, file) && fits(entry, file));
  take('checksum', (entry, file) => isSameName(entry, file) && fits(entry, file));
  take('checksum', fits);
  const refuse = (entry: ForeignEntry, file: AdoptableFile) => {
    if (entry.checksum !== undefined && tool.checksumsOf) findings.push(edited(tool, entry, file.file));
  };
  take('name', (entry, file) => isSameKey(entry, file) && (!tool.nameOf || isSameName(entry, file)), refuse);
  take('name', isSameName, refuse);
  take('name', isSameKey, refuse);
  const ordered = entries.flatMap((entry) => taken.get(entry) ?? []);
  return { taken: ordered, left: entries.filter((entry) => !taken.has(entry)), findings };
}

/** Entries without a file that were applied before the first one which has a file of its own behind the baseline. */
function findFolded(
  entries: readonly ForeignEntry[],
  left: readonly ForeignEntry[],
  taken: readonly TakenFile[],
  baseline: MigrationFile,
): readonly ForeignEntry[] {
  const own = taken.filter(({ file }) => file !== baseline).map(({ entry }) => entries.indexOf(entry));
  const first = Math.min(entries.length, ...own);
  return left.filter((entry) => entries.indexOf(entry) < first);
}

function runsBefore(files: readonly AdoptableFile[], file: MigrationFile, other: MigrationFile): boolean {
  const position = (wanted: MigrationFile) => files.findIndex((one) => one.file === wanted);
  return position(file) < position(other);
}

/** Pending files that stand before applied ones: `onward migrate` would refuse them as late. */
function checkOrder(
  files: readonly AdoptableFile[],
  applied: readonly MigrationFile[],
  pending: readonly MigrationFile[],
): readonly Finding[] {
  return pending.flatMap((file) => {
    const lane = applied.filter((other) => other.phase === file.phase);
    const behind = lane.filter((other) => runsBefore(files, file, other)).at(-1);
    return behind && file.late !== true ? [outOfOrder(file, behind)] : [];
  });
}
