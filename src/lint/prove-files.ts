import type { System } from '../system/index.ts';
import type { LintFinding } from './finding.ts';
import type { LintFile } from './lint-file.ts';
import { explainBreaks } from './proof/explain-breaks.ts';
import { judgeProof } from './proof/judge-proof.ts';
import { proveStatements } from './proof/prove-statements.ts';
import { type ProofReport, shareOf } from './proof/report.ts';
import { applySchema } from './proof/schema/apply-schema.ts';
import type { SchemaFile } from './proof/schema/read-schema.ts';
import { loadStatements } from './record/statements-file.ts';
import type { ProofSummary } from './report.ts';
import type { Scratch } from './scratch/scratch.ts';

export interface ProveFilesOptions {
  readonly scratch: Scratch;
  /** Of one database, in the order of applying. */
  readonly files: readonly LintFile[];
  /** What was there before the first file. */
  readonly baseline: readonly SchemaFile[];
  /** File of the statements that must go on working. */
  readonly queries: string;
  readonly minimumCoverage?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Proves that the statements of the old version work on the schema with the new expand files as they do on the one without them. What the
 * later phases bring is left out: no old version runs then. Throws `lint.schema-fails` when a file cannot be applied.
 */
export async function proveFiles(
  system: System,
  options: ProveFilesOptions,
): Promise<{ readonly findings: readonly LintFinding[]; readonly summary: ProofSummary }> {
  const { scratch, queries, minimumCoverage, signal } = options;
  const { statements } = await loadStatements(system, queries);
  const { start, added } = splitFiles(options);
  const limits = { mayCreateRoles: scratch.isEmbedded, signal };
  // Proving leaves rows behind, and looking for a cause needs the schema without them.
  const origin = await scratch.createDatabase();
  await applySchema(system, origin.target, start, limits);
  const copy = () => scratch.createDatabase({ template: origin });
  const [before, after] = [await copy(), await copy()];
  await applySchema(system, after.target, added, limits);
  const report = await proveStatements(system, {
    before: before.target,
    after: after.target,
    statements,
    ...(minimumCoverage === undefined ? {} : { minimumCoverage }),
    ...(signal ? { signal } : {}),
  });
  const explained = await explainBreaks(system, report, {
    files: added,
    before: before.target,
    statements,
    createDatabase: copy,
    ...(signal ? { signal } : {}),
  });
  return { findings: judgeProof(explained, queries), summary: summarise(explained) };
}

/** What the old version runs on, and what the new one adds while it runs. */
function splitFiles({ files, baseline }: ProveFilesOptions) {
  return {
    start: [...baseline, ...files.filter(({ isShipped }) => isShipped)],
    added: files.filter(({ isShipped, phase }) => !isShipped && phase === 'expand'),
  };
}

function summarise({ statements, coverage }: ProofReport): ProofSummary {
  const count = (kind: string) => statements.filter(({ verdict }) => verdict.kind === kind).length;
  return {
    statements: statements.length,
    same: count('same'),
    breaks: count('breaks'),
    shapeChanged: count('shape changed'),
    notProvable: count('not provable'),
    coverage: shareOf(coverage.calls),
  };
}
