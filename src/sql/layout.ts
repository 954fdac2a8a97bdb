import { type Finding, isPhase, isVersion, type MigrationPhase } from '../model/index.ts';
import type { FileEntry } from '../system/index.ts';

/** What a migration's path says about it. */
export interface PlacedFile {
  readonly path: string;
  /** `undefined`: the folder holds one database only and does not name it. */
  readonly database: string | undefined;
  /** Without a leading `v`; empty in the flat layout. */
  readonly version: string;
  /** `undefined`: the flat layout, where a tag tells. */
  readonly phase: MigrationPhase | undefined;
  readonly sequence: number;
  readonly name: string;
  /** The name says that it runs without a transaction. */
  readonly isNotx: boolean;
}

type Shape = 'flat' | 'versions' | 'databases';

/** Decides from names alone which files are migrations and where each belongs. Everything that is wrong becomes a finding. */
export function placeFiles(entries: readonly FileEntry[]): {
  readonly files: readonly PlacedFile[];
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = entries.flatMap((entry) => checkEntry(entry));
  const isBad = new Set(findings.map((finding) => finding.position?.file));
  const candidates: string[] = [];
  for (const { path, kind } of entries) {
    if (kind !== 'file' || isBad.has(path) || !path.toLowerCase().endsWith('.sql') || isHidden(path)) continue;
    if (path.toLowerCase().endsWith('.down.sql')) findings.push(ignoredDown(path));
    else candidates.push(path);
  }
  const toVersion = createVersionReader();
  const shapes = new Map<Shape, string>();
  for (const path of candidates) {
    const shape = shapeOf(path, toVersion);
    if (!shapes.has(shape)) shapes.set(shape, path);
  }
  if (shapes.size > 1) return { files: [], findings: [...findings, mixedLayouts([...shapes.values()])] };
  const files: PlacedFile[] = [];
  for (const path of candidates) {
    const placed = place(path, toVersion);
    if ('code' in placed) findings.push(placed);
    else files.push(placed);
  }
  return { files, findings: [...findings, ...checkDuplicates(files)] };
}

function shapeOf(path: string, toVersion: VersionReader): Shape {
  const parts = path.split('/');
  if (parts.length === 1) return 'flat';
  return toVersion(parts[0] ?? '') === undefined ? 'databases' : 'versions';
}

function place(path: string, toVersion: VersionReader): PlacedFile | Finding {
  const parts = path.split('/');
  const shape = shapeOf(path, toVersion);
  const [version = '', phase = '', ...rest] = shape === 'databases' ? parts.slice(1) : parts;
  const named = parseName(parts.at(-1) ?? '');
  if (!named) return unnumbered(path);
  if (shape === 'flat') return { path, database: undefined, version: '', phase: undefined, ...named };
  const plain = toVersion(version);
  if (plain === undefined || rest.length !== 1) return misplaced(path);
  if (!isPhase(phase)) return unknownPhase(path, phase);
  return { path, database: shape === 'databases' ? parts[0] : undefined, version: plain, phase, ...named };
}

/** The version that a folder's name is, without its `v`; `undefined` when it is none. */
type VersionReader = (text: string) => string | undefined;

/** Most files of a folder share a few names, and to see that a name is no version is slow. */
function createVersionReader(): VersionReader {
  const known = new Map<string, string | undefined>();
  return (text) => {
    if (!known.has(text)) {
      const plain = text.replace(/^v/, '');
      known.set(text, isVersion(plain) ? plain : undefined);
    }
    return known.get(text);
  };
}

/** `<number>_<name>` and any of `.up` and `.notx` before `.sql`. */
function parseName(file: string): Pick<PlacedFile, 'sequence' | 'name' | 'isNotx'> | undefined {
  const match = /^(\d+)_([A-Za-z0-9_.-]+?)((?:\.up|\.notx)*)\.sql$/.exec(file);
  const sequence = Number(match?.[1]);
  if (!match || !Number.isSafeInteger(sequence)) return undefined;
  return { sequence, name: match[2] ?? '', isNotx: (match[3] ?? '').includes('.notx') };
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.'));
}

function checkEntry({ path, kind }: FileEntry): readonly Finding[] {
  const position = { file: path };
  if (kind === 'link' || kind === 'other') {
    return [
      {
        code: 'migrate.not-a-file',
        severity: 'error',
        message: `${kind === 'link' ? 'a symbolic link' : 'neither a file nor a folder'} is not read as a migration`,
        position,
        hint: 'Put the file itself there, or remove the link.',
      },
    ];
  }
  const isMigration = kind === 'file' && path.toLowerCase().endsWith('.sql');
  if (!isMigration || /^[A-Za-z0-9_./-]+$/.test(path)) return [];
  return [
    {
      code: 'migrate.unsafe-name',
      severity: 'error',
      message: 'the path holds characters other than letters, digits, "_", "." and "-"',
      position,
      hint: 'Rename the file or its folder.',
    },
  ];
}

function checkDuplicates(files: readonly PlacedFile[]): readonly Finding[] {
  const first = new Map<string, string>();
  const findings: Finding[] = [];
  for (const file of files) {
    const key = [file.database, file.version, file.phase, file.sequence].join('/');
    const other = first.get(key);
    if (other === undefined) first.set(key, file.path);
    else {
      findings.push({
        code: 'migrate.duplicate-number',
        severity: 'error',
        message: `the number ${file.sequence} is taken by ${other}`,
        position: { file: file.path },
        hint: 'Give one of them the next free number.',
      });
    }
  }
  return findings;
}

function ignoredDown(path: string): Finding {
  const message = 'ignored: the schema only goes forward';
  return { code: 'migrate.ignored-down', severity: 'info', message, position: { file: path } };
}

function mixedLayouts(examples: readonly string[]): Finding {
  return {
    code: 'migrate.mixed-layouts',
    severity: 'error',
    message: `the folder mixes layouts: ${examples.join(' and ')}`,
    hint: 'Keep to one of <database>/<version>/<phase>/<NNN>_<name>.sql, <version>/<phase>/<NNN>_<name>.sql and <NNNN>_<name>.up.sql.',
  };
}

function unnumbered(path: string): Finding {
  return {
    code: 'migrate.unnumbered',
    severity: 'error',
    message: 'the name does not start with a number and "_"',
    position: { file: path },
    hint: 'Name it like 001_add_orders.sql.',
  };
}

function misplaced(path: string): Finding {
  return {
    code: 'migrate.misplaced',
    severity: 'error',
    message: 'the file does not stand in <version>/<phase>/, or its version is none',
    position: { file: path },
    hint: 'Move it to a folder such as 1.4.0/expand/.',
  };
}

function unknownPhase(path: string, phase: string): Finding {
  return {
    code: 'migrate.unknown-phase',
    severity: 'error',
    message: `"${phase}" is not a phase`,
    position: { file: path },
    hint: 'Use expand, postdeploy or contract.',
  };
}
