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
  const position = new Map(files.map(({ file }, index) => [file, index]));
  const runsBefore = (one: MigrationFile, other: MigrationFile) =>
    (position.get(one) ?? 0) < (position.get(other) ?? 0);
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
      ...(baseline ? pending.filter((file) => runsBefore(file, baseline)).map(standsBeforeBaseline) : []),
      ...checkOrder(position, [...isTaken, ...claimed], pending),
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
  const sums = groupBy(files, ({ content }) => [...new Set(tool.checksumsOf?.(content) ?? [])]);
  const keys = groupBy(files, ({ file }) => [tool.keyOf(file) ?? '']);
  const names = groupBy(files, ({ file }) => [file.name]);
  const withSum = ({ checksum }: ForeignEntry) => (checksum === undefined ? [] : (sums.get(checksum) ?? []));
  const withKey = ({ key }: ForeignEntry) => keys.get(key) ?? [];
  const withName = (entry: ForeignEntry) => (tool.nameOf ? (names.get(tool.nameOf(entry)) ?? []) : []);
  const take = (by: TakenFile['by'], listCandidates: (entry: ForeignEntry) => readonly AdoptableFile[]) => {
    for (const entry of entries) {
      if (taken.has(entry)) continue;
      const [file, ...others] = listCandidates(entry).filter((candidate) => !used.has(candidate));
      // Of several that look alike, none is certain.
      if (!file || others.length > 0) continue;
      used.add(file);
      taken.set(entry, { entry, file: file.file, by: entry.isOnlyTold === true ? 'name' : by });
      if (by === 'name' && entry.checksum !== undefined && tool.checksumsOf)
        findings.push(edited(tool, entry, file.file));
    }
  };
  take('checksum', (entry) => both(withKey(entry), withSum(entry)));
  take('checksum', (entry) => both(withName(entry), withSum(entry)));
  take('checksum', withSum);
  // Numbers that are not Onward's mean less than names.
  take('name', (entry) => (tool.nameOf ? both(withKey(entry), withName(entry)) : withKey(entry)));
  take('name', withName);
  take('name', withKey);
  const ordered = entries.flatMap((entry) => taken.get(entry) ?? []);
  return { taken: ordered, left: entries.filter((entry) => !taken.has(entry)), findings };
}

function both<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  return some.filter((one) => others.includes(one));
}

function groupBy<T>(all: readonly T[], keysOf: (one: T) => readonly string[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    for (const key of keysOf(one)) {
      const group = groups.get(key);
      if (group) group.push(one);
      else groups.set(key, [one]);
    }
  }
  return groups;
}

/** Entries without a file that were applied before the first one which has a file of its own behind the baseline. */
function findFolded(
  entries: readonly ForeignEntry[],
  left: readonly ForeignEntry[],
  taken: readonly TakenFile[],
  baseline: MigrationFile,
): readonly ForeignEntry[] {
  const own = new Set(taken.filter(({ file }) => file !== baseline).map(({ entry }) => entry));
  const first = entries.findIndex((entry) => own.has(entry));
  const early = new Set(first === -1 ? entries : entries.slice(0, first));
  return left.filter((entry) => early.has(entry));
}

/** Pending files that stand before applied ones: `onward migrate` would refuse them as late. */
function checkOrder(
  position: ReadonlyMap<MigrationFile, number>,
  applied: readonly MigrationFile[],
  pending: readonly MigrationFile[],
): readonly Finding[] {
  const placeOf = (file: MigrationFile) => position.get(file) ?? 0;
  const last = new Map<string, MigrationFile>();
  for (const file of applied) {
    const known = last.get(file.phase);
    if (!known || placeOf(known) < placeOf(file)) last.set(file.phase, file);
  }
  return pending.flatMap((file) => {
    const behind = last.get(file.phase);
    return behind && file.late !== true && placeOf(file) < placeOf(behind) ? [outOfOrder(file, behind)] : [];
  });
}
