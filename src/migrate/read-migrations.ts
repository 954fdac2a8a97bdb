import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Digest, Finding, MigrationPhase } from '../model/index.ts';
import { type Header, misplacedTag, type PlacedFile, parseHeader, placeFiles } from '../sql/index.ts';
import { loadSqlParser, type System } from '../system/index.ts';
import { type Inspection, inspectText } from './inspect-text.ts';
import { type MigrationFile, sortMigrationFiles } from './migration-file.ts';
import { rememberStatements } from './parsed-files.ts';

export interface ReadMigrationsOptions {
  /** Only this database's files; also what to call the one database of a folder that does not name any (`main` unless told). */
  readonly database?: string;
  /** The release that the files of the flat layout belong to. */
  readonly release?: string;
  /**
   * What is known of contents by their checksum, such as from the ledger: they are not parsed again. It is asked for when the files have
   * been read.
   */
  readonly known?: () => Promise<Known>;
}

type Known = ReadonlyMap<Digest, Inspection>;

export interface ReadMigrations {
  /** In the order in which they run. */
  readonly files: readonly MigrationFile[];
  /** Findings of severity `error` forbid to apply any of the files. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a folder of migrations in any of its layouts. Changes nothing and needs no database. A file that has a finding of severity `error`
 * is not among `files`.
 */
export async function readMigrations(
  system: System,
  folder: string,
  options: ReadMigrationsOptions = {},
): Promise<ReadMigrations> {
  if (!(await system.files.isFolder(folder))) return { files: [], findings: [missingFolder(folder)] };
  const placed = placeFiles(await system.files.tree(folder));
  const contents = await system.files.readAll(placed.files.map(({ path }) => join(folder, path)));
  const known = await options.known?.();
  const read = await Promise.all(
    placed.files.map((file, index) => readOne(file, contents[index] ?? Buffer.alloc(0), { ...options, known })),
  );
  const files = read.flatMap(({ file }) => (file ? [file] : []));
  const findings = [...placed.findings, ...read.flatMap((one) => one.findings)];
  const wanted = files.filter((file) => options.database === undefined || file.database === options.database);
  return { files: sortMigrationFiles(wanted), findings };
}

async function readOne(
  placed: PlacedFile,
  bytes: Buffer,
  options: Omit<ReadMigrationsOptions, 'known'> & { readonly known: Known | undefined },
): Promise<{ readonly file: MigrationFile | undefined; readonly findings: readonly Finding[] }> {
  const checksum: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (!bytes.equals(Buffer.from(bytes.toString('utf8')))) return { file: undefined, findings: [notText(placed.path)] };
  const header = parseHeader(text, placed.path);
  const isNotx = placed.isNotx || header.transaction === 'none';
  const known = options.known?.get(checksum);
  // What was applied once was read then; its text is the same byte by byte.
  const read: Read = known
    ? { inspection: { ...known, isTransactional: known.isTransactional && !isNotx }, statements: [], findings: [] }
    : await inspect({ text, path: placed.path, isNotx, laterTags: header.laterTags });
  const { inspection, statements, findings } = read;
  const all = [...header.findings, ...checkPhase(placed, header), ...findings];
  if (!inspection || all.some(({ severity }) => severity === 'error')) return { file: undefined, findings: all };
  const phase: MigrationPhase = placed.phase ?? header.phase ?? 'expand';
  const { path, sequence, name } = placed;
  const version = placed.phase === undefined ? (options.release ?? '') : placed.version;
  const database = placed.database ?? options.database ?? 'main';
  const transactional = inspection.isTransactional;
  const file = {
    ...{ database, version, phase, sequence, name, path, checksum, transactional, text },
    get fingerprint() {
      return inspection.fingerprint;
    },
  };
  if (!known) rememberStatements(file, statements);
  return { file, findings: all };
}

type Read = ReturnType<typeof inspectText>;

async function inspect(source: {
  readonly text: string;
  readonly path: string;
  readonly isNotx: boolean;
  readonly laterTags: readonly number[];
}): Promise<Read> {
  const parser = await loadSqlParser();
  const read = inspectText(parser, source);
  if (!read.inspection || source.laterTags.length === 0) return read;
  const comments = new Set(
    parser.comments(source.text, source.path).map(({ startOffset }) => lineOf(source.text, startOffset)),
  );
  const misplaced = source.laterTags.filter((line) => comments.has(line));
  return { ...read, findings: [...read.findings, ...misplaced.map((line) => misplacedTag(source.path, line))] };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function checkPhase(placed: PlacedFile, header: Header): readonly Finding[] {
  if (placed.phase === undefined || header.phase === undefined || placed.phase === header.phase) return [];
  return [
    {
      code: 'migrate.phase-differs',
      severity: 'error',
      message: `the tag says ${header.phase}, but the file stands in ${placed.phase}/`,
      position: { file: placed.path },
      hint: 'Move the file or remove the tag.',
    },
  ];
}

function missingFolder(folder: string): Finding {
  return {
    code: 'migrate.missing-folder',
    severity: 'error',
    message: `there is no folder ${folder}`,
    position: { file: folder },
    hint: 'Name the folder that holds the migrations.',
  };
}

function notText(file: string): Finding {
  return {
    code: 'migrate.not-utf8',
    severity: 'error',
    message: 'the file is not UTF-8 text',
    position: { file },
    hint: 'Save it as UTF-8.',
  };
}
