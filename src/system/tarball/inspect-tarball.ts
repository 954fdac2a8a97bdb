import { formatBytes } from '../../model/index.ts';
import type { System } from '../system.ts';
import { type JudgedTarball, judgeEntries } from './judge-entries.ts';
import { parseEntry, type TarballEntry } from './parse-entry.ts';
import { runTool } from './run-tool.ts';

/** More than this is not meant to be one service's files; what is in a tarball is known before the first byte of it is written. */
export interface TarballLimits {
  readonly bytes: number;
  readonly entries: number;
}

const LIMITS: TarballLimits = { bytes: 16 * 1024 ** 3, entries: 500_000 };
const MOST_LISTED = 20;

/**
 * What a gzipped tar would unpack to and what speaks against that, as the same program says that unpacks it. Writes nothing. Throws
 * `artifact.no-tar` when this machine cannot list one.
 */
export async function inspectTarball(system: System, archive: string, limits = LIMITS): Promise<JudgedTarball> {
  const { entries, complaint, isTooMuch } = await listEntries(system, archive, limits);
  const { root, problems } = judgeEntries(entries);
  const more = isTooMuch
    ? [`it holds more than ${limits.entries} entries or unpacks to more than ${formatBytes(limits.bytes)}`]
    : [];
  const all = complaint === undefined ? [...more, ...problems] : [`it is no whole gzipped tar: ${complaint}`];
  const left = all.length - MOST_LISTED;
  return { root, problems: left > 0 ? [...all.slice(0, MOST_LISTED), `and ${left} more`] : all };
}

interface Listed {
  readonly entries: readonly TarballEntry[];
  /** What tar said when it could not read it to its end. */
  readonly complaint?: string;
  /** It was not read to its end because there is too much in it. */
  readonly isTooMuch: boolean;
}

async function listEntries(system: System, archive: string, limits: TarballLimits): Promise<Listed> {
  const enough = new AbortController();
  const entries: TarballEntry[] = [];
  let bytes = 0;
  let rest = '';
  const onStdout = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (enough.signal.aborted) return;
      const entry = parseEntry(line);
      entries.push(entry);
      bytes += entry.bytes;
      if (bytes > limits.bytes || entries.length > limits.entries) enough.abort();
    }
  };
  const list = ['--list', '--verbose', '--absolute-names', '--numeric-owner', '--full-time', '--quoting-style=c'];
  const argv = ['tar', ...list, '--gzip', `--file=${archive}`];
  const failed = await runTool(system, argv, { onStdout, signal: enough.signal });
  if (enough.signal.aborted) return { entries, isTooMuch: true };
  return { entries, isTooMuch: false, ...(failed === undefined ? {} : { complaint: firstLine(failed) }) };
}

function firstLine(said: string): string {
  return said.trim().split('\n')[0]?.trim() ?? '';
}
