import { loadSqlParser, type System } from '../system/index.ts';
import { loadBaseline } from './baseline.ts';
import { checkStatements, type Server, type StaticReport } from './check-statements.ts';
import type { Edit } from './edit.ts';
import type { LintFinding } from './finding.ts';
import { readLintFiles } from './layouts/read-lint-files.ts';
import type { LintFile } from './lint-file.ts';
import { createReport, type LintReport } from './report.ts';

export interface LintOptions {
  /** Files and folders. */
  readonly paths: readonly string[];
  readonly server: Server;
  /** Only this database's files, where the layout names databases. */
  readonly database?: string;
  /** An SQL file, or the URL of a database to look at: what was there before the first file. */
  readonly baseline?: string;
  /** Whether a file has gone out in a release already, beside what the folder itself says. */
  readonly isShipped?: (path: string) => boolean;
  /** Apply each file to a scratch database and measure it. */
  readonly measure?: boolean;
  /** URL of a scratch server, instead of an embedded one. */
  readonly on?: string;
  /** A file of statements that must go on working. */
  readonly queries?: string;
  /** Share of the calls that the proof must cover, 0 to 1; 0.95 unless told. */
  readonly minimumCoverage?: number;
  /** A release, git tag or another git ref: what it has is shipped. */
  readonly since?: string;
  readonly signal?: AbortSignal;
}

export interface LintResult {
  readonly report: LintReport;
  /** Repairs that are certain. */
  readonly edits: readonly Edit[];
}

/** Judges migrations. No database of the caller's is touched; nothing is written. */
export async function runLint(system: System, options: LintOptions): Promise<LintResult> {
  const read = await readLintFiles(system, { paths: options.paths });
  const wanted = read.files.filter(({ database }) => options.database === undefined || database === options.database);
  const files = wanted.map((file) => (options.isShipped?.(file.path) ? { ...file, isShipped: true } : file));
  const baseline = options.baseline === undefined ? undefined : await loadBaseline(system, options.baseline);
  const checked: StaticReport = checkStatements(files, {
    parser: await loadSqlParser(),
    server: options.server,
    ...(baseline ? { baseline: baseline.statements } : {}),
  });
  const findings: readonly LintFinding[] = [...read.findings, ...checked.findings];
  const shipped = files.filter(({ isShipped }: LintFile) => isShipped).length;
  const { server } = options;
  const report = createReport(findings, { files: files.length, shipped, suppressed: {}, server, measured: false });
  return { report, edits: checked.edits };
}
