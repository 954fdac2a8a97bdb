import { isPhase } from '../../model/index.ts';
import type { FileEntry, System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import { fileFinding } from './findings.ts';

/** A folder that migrations are read from. */
export interface Root {
  /** As it was given, without a slash at its end. */
  readonly folder: string;
  /** SQL files and the side files of layouts, relative to the folder, sorted. */
  readonly paths: readonly string[];
  /** Sizes of the files that are known. */
  readonly bytes: ReadonlyMap<string, number>;
  /** Only these files are wanted; `undefined`: all. */
  readonly chosen: ReadonlySet<string> | undefined;
}

/** Control characters, the replacement character of an undecodable name, and the marks that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\uFFFD\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** The folders behind the given paths. A file stands in the folder that its layout starts at. */
export async function findRoots(
  system: System,
  paths: readonly string[],
): Promise<{ readonly roots: readonly Root[]; readonly findings: readonly LintFinding[] }> {
  const roots = new Map<string, Root>();
  const findings: LintFinding[] = [];
  for (const given of paths) {
    const path = given.replaceAll('\\', '/').replace(/(?<=[^/])\/+$/, '');
    const entry = await system.files.entry(path);
    if (!entry) findings.push(missing(path));
    else if (await system.files.isFolder(path)) {
      const listed = listFolder(path, await system.files.tree(path));
      findings.push(...listed.findings);
      roots.set(path, listed.root);
    } else if (entry.kind !== 'file') findings.push(notAFile(path, entry.kind));
    else await addFile(system, roots, path);
  }
  return { roots: [...roots.values()], findings };
}

async function addFile(system: System, roots: Map<string, Root>, path: string): Promise<void> {
  const { folder, name } = splitAtRoot(path);
  const before = roots.get(folder);
  if (before && before.chosen === undefined) return;
  // The names beside it tell which layout it is.
  const parent = name.includes('/') ? `${name.slice(0, name.lastIndexOf('/'))}/` : '';
  const beside = (await system.files.names(`${folder}/${parent}`)).map((other) => parent + other).filter(isWanted);
  const paths = [...new Set([...(before?.paths ?? []), ...beside, name])].sort();
  roots.set(folder, { folder, paths, bytes: new Map(), chosen: new Set([...(before?.chosen ?? []), name]) });
}

/** Folders of a single file: up to above the version, or above the folder of a Prisma or Diesel migration. */
function splitAtRoot(path: string): { readonly folder: string; readonly name: string } {
  const parts = path.split('/');
  const depth = isPhase(parts.at(-2) ?? '') ? 3 : /^(migration|up)\.sql$/.test(parts.at(-1) ?? '') ? 2 : 1;
  const folder = parts.slice(0, -depth).join('/');
  return { folder: folder === '' ? (path.startsWith('/') ? '/' : '.') : folder, name: parts.slice(-depth).join('/') };
}

function listFolder(
  folder: string,
  entries: readonly FileEntry[],
): { readonly root: Root; readonly findings: readonly LintFinding[] } {
  const findings: LintFinding[] = [];
  const bytes = new Map<string, number>();
  for (const { path, kind, bytes: size } of entries) {
    if (isSkipped(path)) continue;
    if (kind === 'link' || kind === 'other') findings.push(notAFile(`${folder}/${path}`, kind));
    else if (kind === 'file' && isWanted(path)) {
      if (UNPRINTABLE.test(path)) findings.push(unprintable(`${folder}/${path}`));
      else bytes.set(path, size);
    }
  }
  return { root: { folder, paths: [...bytes.keys()].sort(), bytes, chosen: undefined }, findings };
}

function isSkipped(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === 'node_modules');
}

function isWanted(path: string): boolean {
  return /\.sql(\.conf)?$/i.test(path) || /(^|\/)metadata\.toml$/.test(path);
}

function missing(path: string): LintFinding {
  return fileFinding(path, {
    rule: 'missing-path',
    class: 'unanalysed',
    message: 'there is no such file or folder',
    help: 'Name a file or folder of SQL migrations.',
  });
}

function notAFile(path: string, kind: FileEntry['kind']): LintFinding {
  const what = kind === 'link' ? 'a symbolic link is not followed' : 'this is neither a file nor a folder';
  return fileFinding(path, {
    rule: 'not-a-file',
    class: 'unanalysed',
    message: `${what}: what it leads to can change without the migrations changing`,
    help: 'Put the file itself there, or remove it.',
  });
}

function unprintable(path: string): LintFinding {
  return fileFinding(JSON.stringify(path).slice(1, -1), {
    rule: 'unsafe-name',
    class: 'unanalysed',
    message: 'the name holds characters that cannot be seen; the file was not read',
    help: 'Rename the file with letters, digits, "_", "." and "-".',
  });
}
