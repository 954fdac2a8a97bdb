import type { Finding } from '../../model/index.ts';
import type { ForeignFile, LedgerTool } from '../ledgers/ledger-tool.ts';
import { areMarksClear, type Marks, splitSections } from '../ledgers/sections.ts';

/** A file of the tool's folder, with its bytes. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** A file as it will stand in Onward's layout. */
export interface PlannedFile {
  readonly from: string;
  readonly to: string;
  /** The very bytes of the source, unless something had to be left out or said. */
  readonly bytes: Buffer;
  readonly isChanged: boolean;
}

export interface FilesPlan {
  /** In the order in which they run. */
  readonly files: readonly PlannedFile[];
  /** Ways back, and what a baseline replaces. */
  readonly ignored: readonly string[];
  /** Those of severity `error` forbid to write any of the files. */
  readonly findings: readonly Finding[];
}

interface Placed {
  readonly source: SourceFile;
  readonly place: ForeignFile;
}

/** Decides how the files of a tool's folder are called in Onward's flat layout. Numbers stay as they are where they are whole numbers. */
export function planFiles(tool: LedgerTool, sources: readonly SourceFile[]): FilesPlan {
  const placed: Placed[] = [];
  const ignored: string[] = [];
  const findings: Finding[] = [];
  for (const source of sources) {
    const place = tool.placeFile?.(source.path);
    if (place === 'ignored') ignored.push(source.path);
    else if (place === 'unnumbered') findings.push(unnumbered(tool, source.path));
    else if (place) placed.push({ source, place });
    else if (/\.(sql|go|[cm]?[jt]s)$/.test(source.path)) findings.push(unplaced(tool, source.path));
  }
  const inOrder = placed.filter(({ place }) => place.kind !== 'repeatable').sort((a, b) => compare(a.place, b.place));
  const kept = dropReplaced(inOrder, ignored);
  const repeatable = placed
    .filter(({ place }) => place.kind === 'repeatable')
    .sort((a, b) => (a.place.name < b.place.name ? -1 : 1));
  findings.push(...checkVersions(kept));
  const files = nameAll(tool, kept, repeatable).map(({ source, to }) => convert(tool, source, to));
  for (const { source } of [...kept, ...repeatable]) {
    const text = source.bytes.toString('utf8');
    if (tool.placeholders?.test(text)) findings.push(placeholder(tool, source.path));
    if (tool.marks && hasMarks(text, tool.marks) && !areMarksClear(text, tool.marks))
      findings.push(unclearMarks(tool, source.path));
  }
  return { files, ignored, findings };
}

/** The newest baseline replaces every version up to its own. */
function dropReplaced(files: readonly Placed[], ignored: string[]): readonly Placed[] {
  const baseline = files.filter(({ place }) => place.kind === 'baseline').at(-1);
  if (!baseline) return files;
  const isReplaced = (file: Placed) => file !== baseline && compareVersions(file.place, baseline.place) <= 0;
  ignored.push(...files.filter(isReplaced).map(({ source }) => source.path));
  return files.filter((file) => !isReplaced(file));
}

/** Numbers of their own where all are whole; otherwise counted. Repeatable scripts follow. */
function nameAll(
  tool: LedgerTool,
  files: readonly Placed[],
  repeatable: readonly Placed[],
): readonly { readonly source: SourceFile; readonly to: string }[] {
  const numbers = files.map(({ place: { version } }) => version.join('.'));
  const isWhole = numbers.every((number) => /^\d+$/.test(number) && Number.isSafeInteger(Number(number)));
  // A ledger that knows files by their name knows their digits too.
  const pad = (number: string) => number.padStart(tool.nameOf ? 4 : 0, '0');
  const numberOf = (index: number) => pad(isWhole ? (numbers[index] ?? '') : String(index + 1));
  const last = isWhole ? Number(numbers.at(-1) ?? 0) : files.length;
  return [
    ...files.map(({ source, place }, index) => ({ source, to: `${numberOf(index)}_${place.name}.up.sql` })),
    ...repeatable.map(({ source, place }, index) => ({
      source,
      to: `${pad(String(last + 1 + index))}_${place.name}.up.sql`,
    })),
  ];
}

function convert({ marks }: LedgerTool, { path, bytes }: SourceFile, to: string): PlannedFile {
  const text = bytes.toString('utf8');
  if (!marks || !hasMarks(text, marks)) return { from: path, to, bytes, isChanged: false };
  const isAlone = text.split('\n').some((line) => marks.noTransaction?.test(line));
  const forward = splitSections(text, marks).forward.replace(/^\n+/, '');
  const written = `${isAlone ? '-- onward:transaction none\n' : ''}${forward}`;
  return { from: path, to, bytes: Buffer.from(written), isChanged: true };
}

function hasMarks(text: string, { up, down }: Marks): boolean {
  return text.split('\n').some((line) => up.test(line) || down.test(line));
}

function compare(a: ForeignFile, b: ForeignFile): number {
  return compareVersions(a, b) || (a.kind < b.kind ? -1 : 1);
}

function compareVersions(a: ForeignFile, b: ForeignFile): number {
  for (let index = 0; index < Math.max(a.version.length, b.version.length); index += 1) {
    const [one, other] = [BigInt(a.version[index] ?? 0), BigInt(b.version[index] ?? 0)];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function checkVersions(files: readonly Placed[]): readonly Finding[] {
  return files.flatMap((file, index) => {
    const before = files[index - 1];
    if (!before || compareVersions(before.place, file.place) !== 0) return [];
    return [
      {
        code: 'adopt.duplicate-version',
        severity: 'error',
        message: `it has the same version as ${before.source.path}`,
        position: { file: file.source.path },
        hint: 'Leave the one out that was not applied; if both were, give one a number of its own.',
      },
    ];
  });
}

function unplaced(tool: LedgerTool, file: string): Finding {
  const isSql = file.endsWith('.sql');
  return {
    code: isSql ? 'adopt.unplaced-file' : 'adopt.not-sql',
    severity: isSql ? 'warning' : 'error',
    message: isSql
      ? `its name is none that ${tool.title} gives to a migration; it is left out`
      : 'a migration that is a program cannot be one of Onward, which applies SQL',
    position: { file },
    hint: isSql
      ? 'Look whether it is run in another way, such as a callback or a seed.'
      : 'Write what it does as SQL into a file of the same name, or leave the folder without it.',
  };
}

function unnumbered({ title }: LedgerTool, file: string): Finding {
  return {
    code: 'adopt.unplaced-file',
    severity: 'error',
    message: `${title} runs it, and its name has no number that says where`,
    position: { file },
    hint: 'Put in front of its name a number that stands where it ran: <number>_<name>.',
  };
}

function unclearMarks({ title }: LedgerTool, file: string): Finding {
  return {
    code: 'adopt.unclear-marks',
    severity: 'error',
    message: `what ${title} ran of it cannot be told: it has not one mark of the way forward, or statements before its first mark`,
    position: { file },
    hint: 'Leave in it what was run, between one mark of the way forward and one of the way back.',
  };
}

function placeholder({ title }: LedgerTool, file: string): Finding {
  return {
    code: 'adopt.placeholder',
    severity: 'warning',
    message: `it holds placeholders, which ${title} replaces and Onward does not`,
    position: { file },
    hint: 'Where it was applied already, squash it into a baseline; else write the value itself.',
  };
}
