import { posix } from 'node:path';
import { loadSqlParser, type SqlParser, type System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { chooseLayouts, type RecognisedFolder } from './choose-layouts.ts';
import { findRoots, type Root } from './find-roots.ts';
import { fileFinding } from './findings.ts';
import type { NameFinding, Placement } from './layout.ts';
import { loadTexts, type RootTexts } from './load-texts.ts';
import { isDown } from './numbered.ts';
import { readOne } from './read-one.ts';

export interface ReadLintFiles {
  /** Those that could be read, in the order in which they run: by folder, database and number. None is marked as shipped. */
  readonly files: readonly LintFile[];
  /** What could not be read or is misplaced; of class `unanalysed` or `discipline`. */
  readonly findings: readonly LintFinding[];
}

export interface ReadLintFilesOptions {
  /** Files and folders; the layout of each folder is recognised by names and contents. */
  readonly paths: readonly string[];
  /** What to call the release of files whose layout names none. */
  readonly release?: string;
}

/**
 * Reads migrations in any layout. Changes nothing and needs no database. Memory is bounded: files over 20 MB, and files behind the first
 * 64 MB of one call, become findings.
 */
export async function readLintFiles(system: System, options: ReadLintFilesOptions): Promise<ReadLintFiles> {
  const parser = await loadSqlParser();
  const { roots, findings: missing } = await findRoots(system, options.paths);
  const files: LintFile[] = [];
  const findings = [...missing];
  let left = MOST_BYTES;
  for (const root of roots) {
    const texts = await loadTexts(system, root, left);
    findings.push(...texts.findings);
    left -= texts.bytes;
    const read = await readRoot({ parser, root, texts, release: options.release ?? '' });
    files.push(...read.files);
    findings.push(...read.findings);
  }
  return roots.length > 1 ? eachOnce({ files, findings }) : { files, findings };
}

/** A folder and a part of it may both have been given. */
function eachOnce({ files, findings }: ReadLintFiles): ReadLintFiles {
  const byPath = new Map<string, LintFile>();
  for (const file of files) if (!byPath.has(posix.normalize(file.path))) byPath.set(posix.normalize(file.path), file);
  const said = new Map<string, LintFinding>();
  for (const finding of findings) {
    const { file, line, column, rule } = finding;
    const key = JSON.stringify([posix.normalize(file), line, column, rule]);
    if (!said.has(key)) said.set(key, finding);
  }
  return { files: [...byPath.values()], findings: [...said.values()] };
}

const MOST_BYTES = 64 * 1024 * 1024;

interface RootToRead {
  readonly parser: SqlParser;
  readonly root: Root;
  readonly texts: RootTexts;
  readonly release: string;
}

async function readRoot({ parser, root, texts, release }: RootToRead): Promise<ReadLintFiles> {
  const view = { paths: root.paths.filter((path) => /\.sql$/i.test(path)), textOf: texts.textOf };
  const folders = chooseLayouts(view);
  const files: LintFile[] = [];
  const findings: LintFinding[] = [];
  let count = 0;
  for (const folder of folders) {
    const { placements, findings: names } = folder.layout.place(folder.view);
    for (const { path, ...said } of names) {
      const isChosen = path === '' || isWanted(root, folder.prefix + path);
      if (isChosen)
        findings.push(fileFinding(join(root.folder, folder.prefix + path), { class: 'discipline', ...said }));
    }
    for (const path of findIgnored(folder, { placements, names })) {
      if (isWanted(root, folder.prefix + path)) findings.push(ignored(join(root.folder, folder.prefix + path), folder));
    }
    for (const placement of sortPlacements(placements)) {
      const inRoot = folder.prefix + placement.path;
      if (!isWanted(root, inRoot)) continue;
      count += 1;
      const bytes = await texts.bytesOf(inRoot);
      if (!bytes) continue;
      const path = join(root.folder, inRoot);
      const database = placement.database || databaseOf(folders, folder);
      const read = readOne(parser, folder.layout, {
        ...placement,
        path,
        database,
        release: placement.release || release,
        bytes,
      });
      if (read.file) files.push(read.file);
      findings.push(...read.findings);
    }
  }
  if (count === 0 && findings.length === 0) findings.push(nothing(root.folder));
  return { files, findings };
}

/** SQL files that the layout has no use for, and that nothing else was said about. */
function findIgnored(
  { layout, view }: RecognisedFolder,
  { placements, names }: { readonly placements: readonly Placement[]; readonly names: readonly NameFinding[] },
): readonly string[] {
  const known = new Set([...placements, ...names].map(({ path }) => path));
  // The folder itself was refused.
  if (known.has('')) return [];
  return view.paths.filter((path) => !known.has(path) && !isDown(path) && !layout.passesOver?.(path));
}

/** Several folders with numberings of their own belong to several databases. */
function databaseOf(folders: readonly RecognisedFolder[], { prefix }: RecognisedFolder): string {
  return folders.length > 1 ? prefix.replace(/\/$/, '') : '';
}

function sortPlacements(placements: readonly Placement[]): readonly Placement[] {
  const keyed = placements.map((placement) => ({
    placement,
    key: [placement.database, placement.order, placement.path],
  }));
  keyed.sort((a, b) => compareKeys(a.key, b.key));
  return keyed.map(({ placement }) => placement);
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

function isWanted({ chosen }: Root, path: string): boolean {
  return chosen === undefined || chosen.has(path);
}

function join(folder: string, path: string): string {
  if (path === '') return folder;
  return folder === '.' ? path : folder === '/' ? `/${path}` : `${folder}/${path}`;
}

function ignored(path: string, { layout }: RecognisedFolder): LintFinding {
  return fileFinding(path, {
    rule: 'ignored-file',
    class: 'unanalysed',
    severity: 'warning',
    message: `${layout.name} does not run this file: its name is not like ${layout.example}`,
    help: 'Rename it if it is a migration, or move it to another folder.',
  });
}

function nothing(folder: string): LintFinding {
  return fileFinding(folder, {
    rule: 'no-migrations',
    class: 'unanalysed',
    severity: 'warning',
    message: 'there is no SQL migration here',
    help: 'Name the folder that holds the migrations.',
  });
}
