import { relative } from 'node:path';
import { type LintFinding, type LintReport, runLint, SERVER_VERSIONS, type ServerVersion } from '../../lint/index.ts';
import { type Digest, type Finding, type LintRecord, satisfiesRange } from '../../model/index.ts';
import type { Judgement, MigrationFile, Product } from '../../release/index.ts';
import type { CommandContext } from '../command-context.ts';
import { judgeDataMigrations } from './judge-data-migrations.ts';
import { createMigrateEngine } from './migrate-engine.ts';

/** What the release source tells better than the list beside the migrations: it has what went out, and knows an edit that means the same. */
const OF_THE_SOURCE: ReadonlySet<string> = new Set(['edited-shipped-file', 'cosmetic-edit', 'removed-shipped-file']);

/** Lints what a release adds to its product's migrations, and the data migrations that it declares, for the oldest server that the product supports. */
export async function judgeRelease(
  { system, programs, interrupt }: CommandContext,
  request: {
    readonly product: Product;
    readonly files: readonly MigrationFile[];
    readonly shipped: ReadonlySet<Digest>;
    readonly version: string;
  },
): Promise<Judgement> {
  const { product, files, shipped, version } = request;
  const folder = product.migrations ?? '';
  const gone = new Set(files.filter(({ checksum }) => shipped.has(checksum)).map(({ path }) => `${folder}/${path}`));
  const { measure, minimumCoverage, invariants } = product.lint;
  const server = product.lint.server ?? lowestServer(product);
  const reports: LintReport[] = [];
  const databases = product.databases.length > 1 ? product.databases.map(({ name }) => name) : [undefined];
  for (const database of databases) {
    const queries = product.queries[database ?? product.databases[0]?.name ?? ''];
    const { report } = await runLint(system, {
      paths: [folder],
      server,
      measure,
      minimumCoverage,
      isShipped: (path) => gone.has(path),
      release: version,
      signal: interrupt,
      migrate: createMigrateEngine(system, folder),
      ...(invariants === undefined ? {} : { invariants }),
      ...(database === undefined ? {} : { database }),
      ...(queries === undefined ? {} : { queries }),
    });
    reports.push(report);
  }
  const ofReports = reports.flatMap(({ findings }) => findings.filter(({ rule }) => !OF_THE_SOURCE.has(rule)));
  return {
    findings: [
      ...ofReports.map(toFinding),
      ...(await judgeDataMigrations(system, { product, files, version, server })),
    ],
    lint: toRecord(reports, programs.toolVersion),
  };
}

/** The oldest major version that every database of the product may run on. */
function lowestServer({ databases }: Product): ServerVersion {
  const ranges = databases.flatMap(({ server }) => server ?? []);
  // Minor versions differ in nothing that a range names.
  const isAllowed = (major: number) =>
    ranges.every((range) => satisfiesRange(`${major}.0.0`, range) || satisfiesRange(`${major}.99.0`, range));
  return SERVER_VERSIONS.find(isAllowed) ?? SERVER_VERSIONS[0];
}

function toFinding({ rule, severity, message, file, line, column, help }: LintFinding): Finding {
  return { code: `lint.${rule}`, severity, message, position: { file: relative('', file), line, column }, hint: help };
}

/** Several databases are judged one after another and recorded together; the weakest proof counts. */
function toRecord(reports: readonly LintReport[], tool: string): LintRecord {
  const suppressed: Record<string, number> = {};
  for (const { summary } of reports) {
    for (const [rule, count] of Object.entries(summary.suppressed)) suppressed[rule] = (suppressed[rule] ?? 0) + count;
  }
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const proofs = reports.flatMap(({ summary }) => summary.proof ?? []);
  const [first] = reports;
  return {
    tool,
    server: first?.summary.server ?? SERVER_VERSIONS[0],
    files: sum(reports.map(({ files, summary }) => files - summary.shipped)),
    warnings: sum(reports.map(({ summary }) => summary.warnings)),
    suppressed,
    measured: reports.some(({ summary }) => summary.measured),
    ...(proofs.length === 0
      ? {}
      : {
          proof: {
            statements: sum(proofs.map(({ statements }) => statements)),
            coverage: Math.min(...proofs.map(({ coverage }) => coverage)),
          },
        }),
  };
}
