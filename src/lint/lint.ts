import { loadSqlParser, resolveConnectionTarget, type System } from '../system/index.ts';
import { loadBaseline } from './baseline.ts';
import { checkStatements, type Server } from './check-statements.ts';
import { checkDiscipline } from './discipline/check-discipline.ts';
import type { Edit } from './edit.ts';
import { checkInvariants } from './invariants/check-invariants.ts';
import type { MigrateEngine } from './invariants/create-migration-runs.ts';
import { readLintFiles } from './layouts/read-lint-files.ts';
import type { LintFile } from './lint-file.ts';
import type { SchemaFile } from './proof/schema/read-schema.ts';
import { proveFiles } from './prove-files.ts';
import { createReport, type LintReport } from './report.ts';
import { openScratch, type Scratch } from './scratch/scratch.ts';

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
  /** Folder of invariants, which are looked at on a scratch database. */
  readonly invariants?: string;
  /** Runs migrations with Onward's engine, for invariants about runs. */
  readonly migrate?: MigrateEngine;
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
  const read = await readLintFiles(system, { paths });
  const wanted = read.files.filter((file) => database === undefined || file.database === database);
  const held = await checkDiscipline(system, wanted, { paths, ...(since === undefined ? {} : { since }) });
  const files = held.files.map((file) => (options.isShipped?.(file.path) ? { ...file, isShipped: true } : file));
  const baseline = options.baseline === undefined ? [] : await loadBaseline(system, options.baseline, servers.open);
  const checked = checkStatements(files, {
    parser: await loadSqlParser(),
    server,
    ...(options.baseline === undefined ? {} : { baseline: baseline.flatMap(({ statements }) => statements) }),
  });
  const work: Work = { system, options, servers, files, baseline };
  const proof = options.queries === undefined ? undefined : await prove(work, options.queries);
  const invariants = options.invariants === undefined ? [] : await lookAtInvariants(work, options.invariants);
  const findings = [...invariants, ...read.findings, ...held.findings, ...checked.findings, ...(proof?.findings ?? [])];
  const shipped = files.filter(({ isShipped }) => isShipped).length;
  const report = createReport(findings, {
    files: files.length,
    shipped,
    suppressed: {},
    server,
    measured: false,
    ...(proof ? { proof: proof.summary } : {}),
  });
  return { report, edits: checked.edits };
}

interface Work {
  readonly system: System;
  readonly options: LintOptions;
  readonly servers: Servers;
  readonly files: readonly LintFile[];
  readonly baseline: readonly SchemaFile[];
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

function createServers(system: System, { server, on }: LintOptions): Servers {
  let opening: Promise<Scratch> | undefined;
  const open = async (): Promise<Scratch> => {
    if (on === undefined) return openScratch(system, { server });
    const target = await resolveConnectionTarget({ url: on, origin: '--on', environment: system.environment });
    if (target.password !== undefined) system.redaction.add(target.password);
    return openScratch(system, { on: target, server });
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
