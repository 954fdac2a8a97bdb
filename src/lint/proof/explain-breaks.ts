import { OnwardError } from '../../model/index.ts';
import { type ConnectionTarget, createLocator, type SqlStatement, type System } from '../../system/index.ts';
import { shortenStatement } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import type { RecordedStatement } from '../record/statements-file.ts';
import { proveStatements } from './prove-statements.ts';
import type { BreakCause, ProofReport, ProvenStatement, Verdict } from './report.ts';
import { applySchema } from './schema/apply-schema.ts';

export interface ExplainOptions {
  /** The files that lead from the schema before to the schema after, in order. */
  readonly files: readonly LintFile[];
  /** The schema before; may hold the rows of a proof. */
  readonly before: ConnectionTarget;
  /** What was proven, in the report's order. */
  readonly statements: readonly RecordedStatement[];
  /** A new database with the schema before, and without rows. */
  readonly createDatabase: () => Promise<{ readonly target: ConnectionTarget; drop(): Promise<void> }>;
  readonly signal?: AbortSignal;
}

/** A probe costs a database; causes that would take more stay untold. */
const MAX_PROBES = 60;

/**
 * The report with the cause of each break and changed shape: the statement of a migration behind which it is so, found by halving. Where
 * the migrations cannot be applied to a schema without rows, causes are left out.
 */
export async function explainBreaks(
  system: System,
  report: ProofReport,
  options: ExplainOptions,
): Promise<ProofReport> {
  const steps = options.files.flatMap((file) => file.statements.map((statement) => ({ file, statement })));
  const affected = report.statements.flatMap(({ verdict }, index) => (isAffected(verdict) ? [index] : []));
  if (steps.length === 0 || affected.length === 0) return report;
  const probes = createProbes(system, options, { report, affected });
  const causes = new Map<number, BreakCause>();
  for (const index of affected) {
    const step = await findStep(steps, (count) => probes.isAffectedAfter(count, index));
    if (step) causes.set(index, locate(step));
  }
  return { ...report, statements: report.statements.map((proven, index) => withCause(proven, causes.get(index))) };
}

function isAffected({ kind }: Verdict): boolean {
  return kind === 'breaks' || kind === 'shape changed';
}

/** A statement may first change its shape and then break: each has a cause of its own. */
function isAlike(end: Verdict | undefined, now: Verdict | undefined): boolean {
  if (end?.kind === 'breaks') return now?.kind === 'breaks' && now.sqlState === end.sqlState;
  return now !== undefined && isAffected(now);
}

interface Probes {
  /** Whether the statement is affected once so many steps are applied; `undefined` when that cannot be told. */
  isAffectedAfter(count: number, index: number): Promise<boolean | undefined>;
}

/** A statement of a migration. */
interface MigrationStep {
  readonly file: LintFile;
  readonly statement: SqlStatement;
}

interface Search {
  readonly report: ProofReport;
  /** Places in the report's list. */
  readonly affected: readonly number[];
}

/** One probe answers for all affected statements, and most of them have few causes. */
function createProbes(system: System, options: ExplainOptions, { report, affected }: Search): Probes {
  const known = new Map<number, ReadonlySet<number> | undefined>([[0, new Set()]]);
  const statements = affected.flatMap((index) => options.statements[index] ?? []);
  const verdicts = affected.map((index) => report.statements[index]?.verdict);
  const probe = async (count: number): Promise<ReadonlySet<number> | undefined> => {
    const { signal } = options;
    signal?.throwIfAborted();
    const database = await options.createDatabase();
    try {
      await applySchema(system, database.target, cutBehind(options.files, count), { mayCreateRoles: false, signal });
      const { before } = options;
      const found = await proveStatements(system, { before, after: database.target, statements });
      return new Set(affected.filter((_, at) => isAlike(verdicts[at], found.statements[at]?.verdict)));
    } catch (error) {
      if (error instanceof OnwardError && error.code === 'lint.schema-fails') return undefined;
      throw error;
    } finally {
      await database.drop();
    }
  };
  return {
    async isAffectedAfter(count, index) {
      if (!known.has(count) && known.size < MAX_PROBES) known.set(count, await probe(count));
      return known.get(count)?.has(index);
    },
  };
}

/** The step behind which it is so, and before which it is not. */
async function findStep(
  steps: readonly MigrationStep[],
  isSoAfter: (count: number) => Promise<boolean | undefined>,
): Promise<MigrationStep | undefined> {
  let [low, high] = [0, steps.length];
  if ((await isSoAfter(high)) !== true) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const isSo = await isSoAfter(middle);
    if (isSo === undefined) return undefined;
    if (isSo) high = middle;
    else low = middle;
  }
  return steps[high - 1];
}

/** The files with so many statements in all. */
function cutBehind(files: readonly LintFile[], count: number): readonly LintFile[] {
  let left = count;
  return files.flatMap((file) => {
    const statements = file.statements.slice(0, left);
    left -= statements.length;
    return statements.length === 0 ? [] : [{ ...file, statements }];
  });
}

function locate({ file, statement }: MigrationStep): BreakCause {
  const { line, column } = createLocator(file.text)(statement.startOffset);
  return { file: file.path, line, column, statement: shortenStatement(statement.text) };
}

function withCause(proven: ProvenStatement, cause: BreakCause | undefined): ProvenStatement {
  const { verdict } = proven;
  const canHave = verdict.kind === 'breaks' || verdict.kind === 'shape changed';
  return canHave && cause ? { ...proven, verdict: { ...verdict, cause } } : proven;
}
