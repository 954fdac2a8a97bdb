import { type ProofReport, proveStatements, recordStatements, type Scratch, shareOf } from '../lint/index.ts';
import { type Finding, formatCount, OnwardError, type ProofFact } from '../model/index.ts';
import type { MigrationFile } from '../release/index.ts';
import { type ConnectionTarget, PostgresError, type System } from '../system/index.ts';
import { copySchema, NotCopied } from './copy-schema.ts';
import type { Installation } from './installation.ts';
import { applyToScratch, openScratchServer } from './scratch-server.ts';
import { shortenStatement } from './shorten-statement.ts';

export interface ProofRequest {
  readonly database: string;
  /** `server_version_num`. */
  readonly serverVersion: number;
  /** Pending migrations of the expand phase, in the order in which they run. */
  readonly pending: readonly MigrationFile[];
}

const APPLICATION_NAME = 'onward proof';

/**
 * Tries the pending expand phase out on a copy of a database's schema, and asks whether the statements that its services have sent so far
 * still work on it. The database itself is only read. What this deployment cannot do is `not-configured`; what could be done and was not is
 * `unknown`.
 */
export async function observeProof(
  system: System,
  installation: Installation,
  request: ProofRequest,
): Promise<ProofFact> {
  const target = installation.databases.get(request.database);
  if (!target) throw new Error(`There is no database ${request.database}`);
  try {
    const { statements } = await recordStatements(system, target);
    if (statements.length === 0) return fact('unknown', 'pg_stat_statements has counted no statement of a service');
    const scratch = await openScratchServer(system, installation, request.serverVersion);
    try {
      return judge(await prove(system, { scratch, target, statements, pending: request.pending }));
    } finally {
      await scratch.close();
    }
  } catch (error) {
    if (error instanceof NotCopied) return fact('not-configured', error.message);
    if (error instanceof PostgresError)
      return fact('unknown', `trying it out failed: ${error.message} (${error.code})`);
    if (!(error instanceof OnwardError)) throw error;
    if (MISSING.has(error.code)) return fact('not-configured', error.hint);
    return fact('unknown', `${error.message} ${error.hint}`);
  }
}

/** What the deployment would have to provide first. */
const MISSING = new Set(['lint.cannot-record', 'postgres.not-installed']);

function fact(state: ProofFact['state'], evidence: string, findings: readonly Finding[] = []): ProofFact {
  return { state, evidence, findings };
}

async function prove(
  system: System,
  given: {
    readonly scratch: Scratch;
    readonly target: ConnectionTarget;
    readonly statements: Parameters<typeof proveStatements>[1]['statements'];
    readonly pending: readonly MigrationFile[];
  },
): Promise<ProofReport> {
  const { scratch, target, statements, pending } = given;
  const before = await scratch.createDatabase();
  await copySchema(system, target, await before.connect(APPLICATION_NAME));
  const after = await scratch.createDatabase({ template: before });
  await applyToScratch(system, { scratch, database: after, files: pending });
  return proveStatements(system, { before: before.target, after: after.target, statements });
}

function judge({ statements, coverage, minimumCoverage }: ProofReport): ProofFact {
  const broken = statements.filter(({ verdict }) => isBreak(verdict));
  const findings = broken.map<Finding>(({ sql, calls, verdict }) => ({
    code: 'plan.query-breaks',
    severity: 'error',
    message: `${shortenStatement(sql)} (${formatCount(calls, 'call')}) would fail: ${describeBreak(verdict)}`,
  }));
  if (broken.length > 0) {
    const counted = `${broken.length} of ${formatCount(statements.length, 'statement')} would no longer work`;
    return fact('breaks', `${counted}; the first: ${findings[0]?.message}`, findings);
  }
  const share = shareOf(coverage.calls);
  const percent = `${(100 * share).toFixed(1)} % of the calls of ${formatCount(statements.length, 'statement')}`;
  if (share < minimumCoverage) return fact('unknown', `only ${percent} could be tried out`);
  return fact('proved', `${percent} were tried out, and all work`);
}

type Verdict = ProofReport['statements'][number]['verdict'];

function isBreak(verdict: Verdict): boolean {
  return verdict.kind === 'breaks' || (verdict.kind === 'shape changed' && verdict.isBreaking);
}

function describeBreak(verdict: Verdict): string {
  if (verdict.kind === 'breaks') return `${verdict.message} (${verdict.sqlState})`;
  if (verdict.kind === 'shape changed') return verdict.changes.map(({ description }) => description).join(', ');
  return '';
}
