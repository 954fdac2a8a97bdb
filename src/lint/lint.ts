import { type ConnectionTarget, loadSqlParser, resolveConnectionTarget, type System } from '../system/index.ts';
import { loadBaseline } from './baseline.ts';
import { checkStatements, type StaticReport } from './check-statements.ts';
import { checkDiscipline } from './discipline/check-discipline.ts';
import type { Edit } from './edit.ts';
import type { LintFinding } from './finding.ts';
import { checkInvariants } from './invariants/check-invariants.ts';
import type { MigrateEngine } from './invariants/create-migration-runs.ts';
import { readLintFiles } from './layouts/read-lint-files.ts';
import type { LintFile } from './lint-file.ts';
import { compareWithStatic } from './measure/compare-with-static.ts';
import { judgeMeasurement } from './measure/findings.ts';
import { measureMigrations } from './measure/measure-migrations.ts';
import type { SchemaFile } from './proof/schema/read-schema.ts';
import { proveFiles } from './prove-files.ts';
import { createReport, type LintReport } from './report.ts';
import { RULE_IDS } from './rules/index.ts';
import { openScratch, type Scratch } from './scratch/scratch.ts';
import type { ServerVersion } from './server-version.ts';
import { applySuppressions } from './suppressions/apply-suppressions.ts';

export interface LintOptions {
  /** Files and folders. */
  readonly paths: readonly string[];
  readonly server: ServerVersion;
  /** Only this database's files, where the layout names databases. */
  readonly database?: string;
  /** An SQL file, or the URL of a database to look at: what was there before the first file. */
  readonly baseline?: string;
  /** Whether a file has gone out in a release already, beside what the folder itself says. */
  readonly isShipped?: (path: string) => boolean;
  /** Folder of invariants, which are looked at on a scratch database. */
  readonly invariants?: string;
  /** Runs migrations with Onward's engine, for invariants about runs. */
  readonly migrate?: MigrateEngine;
  /** Apply each file to a scratch database and measure it. */
  readonly measure?: boolean;
  /** URL of a scratch server, instead of an embedded one. */
  readonly on?: string;
  /** Databases in use: their servers are refused as scratch servers. */
  readonly never?: readonly ConnectionTarget[];
  /** A file of statements that must go on working. */
  readonly queries?: string;
  /** Share of the calls that the proof must cover, 0 to 1; 0.95 unless told. */
  readonly minimumCoverage?: number;
  /** A release, git tag or another git ref: what it has is shipped. */
  readonly since?: string;
  /** The release that is being made: what comments allow until then is allowed no longer. */
  readonly release?: string;
  readonly signal?: AbortSignal;
}

export interface LintResult {
  readonly report: LintReport;
  /** Repairs that are certain. */
  readonly edits: readonly Edit[];
}

/**
 * Judges migrations. No database in use is touched; nothing is written. Throws for what cannot be judged at all: a baseline, a file of
 * statements or a scratch server that cannot be used.
 */
export async function runLint(system: System, options: LintOptions): Promise<LintResult> {
  const servers = createServers(system, options);
  try {
    return await judge(system, options, servers);
  } finally {
    await servers.close();
  }
}

async function judge(system: System, options: LintOptions, servers: Servers): Promise<LintResult> {
  const { server, paths, since, database } = options;
  const parser = await loadSqlParser();
  const read = await readLintFiles(system, { paths });
  const wanted = read.files.filter((file) => database === undefined || file.database === database);
  const held = await checkDiscipline(system, wanted, { paths, ...(since === undefined ? {} : { since }) });
  const files = held.files.map((file) => (options.isShipped?.(file.path) ? { ...file, isShipped: true } : file));
  const baseline = options.baseline === undefined ? [] : await loadBaseline(system, options.baseline, servers.open);
  const checked = checkStatements(files, {
    parser,
    server,
    ...(options.baseline === undefined ? {} : { baseline: baseline.flatMap(({ statements }) => statements) }),
  });
  const work: Work = { system, options, servers, files, baseline };
  const proof = options.queries === undefined ? undefined : await prove(work, options.queries);
  const invariants = options.invariants === undefined ? [] : await lookAtInvariants(work, options.invariants);
  const measured = options.measure ? await measure(work, checked.predictions) : [];
  const all = [...invariants, ...read.findings, ...held.findings, ...checked.findings, ...(proof?.findings ?? [])];
  const { findings, suppressed } = applySuppressions(parser, {
    findings: mergeFindings(all, measured),
    files,
    knownRules: RULE_IDS,
    unaskedRules: listUnasked(options),
    ...(options.release === undefined ? {} : { currentRelease: options.release }),
  });
  const shipped = files.filter(({ isShipped }) => isShipped).length;
  const report = createReport(findings, {
    files: files.length,
    shipped,
    suppressed,
    server,
    measured: options.measure === true,
    ...(proof ? { proof: proof.summary } : {}),
  });
  // What a comment allows stays as it is.
  const left = new Set(findings);
  return { report, edits: checked.edits.filter(({ finding }) => left.has(finding)) };
}

interface Work {
  readonly system: System;
  readonly options: LintOptions;
  readonly servers: Servers;
  readonly files: readonly LintFile[];
  readonly baseline: readonly SchemaFile[];
}

async function measure(
  { system, servers, files, baseline }: Work,
  predictions: StaticReport['predictions'],
): Promise<readonly LintFinding[]> {
  const text = baseline.map((file) => file.text).join('\n');
  const measurement = await measureMigrations(system, {
    scratch: await servers.open(),
    files,
    ...(text === '' ? {} : { baseline: text }),
  });
  return [...judgeMeasurement(measurement, files), ...compareWithStatic(measurement, files, predictions)];
}

/** What a rule on the text has said of a statement is not said once more for having been measured. */
function mergeFindings(said: readonly LintFinding[], measured: readonly LintFinding[]): readonly LintFinding[] {
  const keyOf = (finding: LintFinding) => [finding.file, finding.line, finding.class].join(':');
  const known = new Set(said.filter(({ source }) => source === 'static').map(keyOf));
  return [...said, ...measured.filter((finding) => !known.has(keyOf(finding)))];
}

/** Rules whose comments are not needless for being unused in this call. */
function listUnasked({ measure: isMeasured, queries, invariants }: LintOptions): ReadonlySet<string> {
  const isUnasked = (id: string) =>
    (!isMeasured && /^(measured-|unmeasured|rule-contradicts)/.test(id)) ||
    (queries === undefined && id.startsWith('query-')) ||
    (invariants === undefined && id.startsWith('invariant-'));
  return new Set([...RULE_IDS].filter(isUnasked));
}

async function lookAtInvariants(work: Work, folder: string): ReturnType<typeof checkInvariants> {
  const { system, options, servers, files, baseline } = work;
  const { migrate, signal } = options;
  return checkInvariants(system, { scratch: await servers.open(), files, baseline, folder, migrate, signal });
}

async function prove(
  { system, options, servers, files, baseline }: Work,
  queries: string,
): ReturnType<typeof proveFiles> {
  const { minimumCoverage, signal } = options;
  const scratch = await servers.open();
  return proveFiles(system, { scratch, files, baseline, queries, minimumCoverage, signal });
}

/** The scratch server, started when something asks for it. */
interface Servers {
  open(): Promise<Scratch>;
  close(): Promise<void>;
}

function createServers(system: System, { server, on, never = [] }: LintOptions): Servers {
  let opening: Promise<Scratch> | undefined;
  const open = async (): Promise<Scratch> => {
    if (on === undefined) return openScratch(system, { server });
    const target = await resolveConnectionTarget({ url: on, origin: '--on', environment: system.environment });
    if (target.password !== undefined) system.redaction.add(target.password);
    return openScratch(system, { on: target, server, never });
  };
  return {
    open: () => {
      opening ??= open();
      return opening;
    },
    // One that could not be opened has nothing to close; who asked for it was told.
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}
