import { createHash } from 'node:crypto';
import type { Digest } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import { fileFinding } from '../layouts/findings.ts';

/** The list of what has shipped, beside the migrations; `sha256sum --check` reads it too. */
export const RELEASED_LIST = 'released.sha256';

export interface ReleasedEntry {
  /** Relative to the list's folder, with forward slashes. */
  readonly path: string;
  readonly checksum: Digest;
  /** Counts from 1. */
  readonly line: number;
}

const ENTRY = /^([0-9a-f]{64}) [ *](.+)$/;

/** Reads a list strictly: each line is a checksum and a path below the list's folder, and no path is there twice. */
export function parseReleasedList(
  text: string,
  file: string,
): { readonly entries: readonly ReleasedEntry[]; readonly findings: readonly LintFinding[] } {
  const entries = new Map<string, ReleasedEntry>();
  const findings: LintFinding[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const row = raw.replace(/\r$/, '');
    if (row === '') continue;
    const line = index + 1;
    const [, hex, path = ''] = ENTRY.exec(row) ?? [];
    const wrong = whyWrong(hex, path, entries.get(path));
    if (wrong === undefined) entries.set(path, { path, checksum: `sha256:${hex}`, line });
    else findings.push({ ...unreadableLine(file, wrong), line, statement: row.slice(0, 160) });
  }
  return { entries: [...entries.values()], findings };
}

function whyWrong(hex: string | undefined, path: string, before: ReleasedEntry | undefined): string | undefined {
  if (hex === undefined) return 'the line is not "<sha256>  <path>"';
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return `the path ${path} leaves the folder`;
  return before ? `${path} is there twice, first in line ${before.line}` : undefined;
}

function unreadableLine(file: string, why: string): LintFinding {
  return fileFinding(file, {
    rule: 'released-list',
    class: 'discipline',
    message: `${why}; what the line says has shipped is not known`,
    help: 'Restore the list as it was committed; only `onward release build` adds to it.',
  });
}

/** Sorted by path: two branches that add files merge without a conflict most of the time. */
export function renderReleasedList(entries: readonly Pick<ReleasedEntry, 'path' | 'checksum'>[]): string {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.map(({ path, checksum }) => `${checksum.slice('sha256:'.length)}  ${path}\n`).join('');
}

/**
 * Adds files to the list of a folder, atomically. What is listed stays: when the list cannot be read, or has another checksum for one of
 * the files, nothing is written and the findings say why.
 */
export async function writeReleasedList(
  system: System,
  folder: string,
  files: readonly { readonly path: string; readonly checksum: Digest }[],
): Promise<{ readonly added: number; readonly findings: readonly LintFinding[] }> {
  const path = `${folder}/${RELEASED_LIST}`;
  const before = parseReleasedList((await system.files.readTextIfPresent(path)) ?? '', path);
  const listed = new Map(before.entries.map((entry) => [entry.path, entry.checksum]));
  const edited = files.filter((file) => (listed.get(file.path) ?? file.checksum) !== file.checksum);
  const findings = [...before.findings, ...edited.map((file) => otherChecksum(`${folder}/${file.path}`))];
  const added = files.filter((file) => !listed.has(file.path));
  if (findings.length > 0 || added.length === 0) return { added: 0, findings };
  await system.files.writeAtomic(path, renderReleasedList([...before.entries, ...added]), 0o644);
  return { added: added.length, findings };
}

function otherChecksum(file: string): LintFinding {
  return fileFinding(file, {
    rule: 'edited-shipped-file',
    class: 'discipline',
    message: `${RELEASED_LIST} has another checksum for it: databases that applied it differ from new ones`,
    help: 'Restore the file as it was shipped, and make the change in a new migration.',
  });
}

/** A checkout on Windows may have other line ends than what was listed. */
export function differsInLineEnds(bytes: Buffer, checksum: Digest): boolean {
  const text = bytes.toString('latin1');
  const plain = text.replaceAll('\r\n', '\n');
  return [plain, plain.replaceAll('\n', '\r\n')].some((form) => {
    return `sha256:${createHash('sha256').update(form, 'latin1').digest('hex')}` === checksum;
  });
}
