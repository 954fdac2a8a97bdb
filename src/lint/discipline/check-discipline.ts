import { loadSqlParser, type System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { checkEdits } from './check-edits.ts';
import { checkNumbers } from './check-numbers.ts';
import { checkTransactions } from './check-transactions.ts';
import { loadGitRelease } from './load-git-release.ts';
import { loadReleased } from './load-released.ts';
import { placeAbsent } from './series.ts';
import { markShipped, type ShippedFile } from './shipped.ts';

export interface DisciplineOptions {
  /** The files and folders that were given. */
  readonly paths: readonly string[];
  /** A release, tag, branch or commit: what is in it has shipped. */
  readonly since?: string;
}

/**
 * Holds the files as a set against what has shipped: `released.sha256` beside the migrations, and with `since` a release in git. Gives the
 * files with `isShipped` set. Runs git only with `since`; changes nothing.
 */
export async function checkDiscipline(
  system: System,
  files: readonly LintFile[],
  options: DisciplineOptions,
): Promise<{ readonly files: readonly LintFile[]; readonly findings: readonly LintFinding[] }> {
  const paths = options.paths.map((path) => path.replace(/(?<=[^/])\/+$/, ''));
  const listed = await loadReleased(system, paths);
  const inGit =
    options.since === undefined ? { shipped: [], findings: [] } : await loadGitRelease(system, paths, options.since);
  const all = mergeShipped(listed.shipped, inGit.shipped);
  const marked = markShipped(files, all);
  const numbers = checkNumbers([...marked, ...placeAbsent(marked, all)]);
  const edits = checkEdits(await loadSqlParser(), marked, all);
  return {
    files: marked,
    findings: [...listed.findings, ...inGit.findings, ...edits, ...numbers, ...checkTransactions(marked)],
  };
}

const WORSE: readonly ShippedFile['state'][] = ['same', 'rewrapped', 'edited', 'removed'];

/** One answer for each file: the worse one, but git has the text and knows about line ends, so of equal ones it knows better. */
function mergeShipped(listed: readonly ShippedFile[], inGit: readonly ShippedFile[]): readonly ShippedFile[] {
  const merged = new Map(listed.map((one) => [one.path, one]));
  for (const one of inGit) {
    const other = merged.get(one.path)?.state ?? 'same';
    if (other === 'rewrapped' || WORSE.indexOf(one.state) >= WORSE.indexOf(other)) merged.set(one.path, one);
  }
  return [...merged.values()];
}
