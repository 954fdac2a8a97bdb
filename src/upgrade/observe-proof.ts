import { type ProofReport, proveStatements, recordStatements, type Scratch, shareOf } from '../lint/index.ts';
import { type Finding, OnwardError, type ProofFact } from '../model/index.ts';
import type { MigrationFile } from '../release/index.ts';
import { compareSchemas, loadSchema, renderRepairs } from '../schema/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import { applyToScratch, openScratchServer } from './scratch-server.ts';

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

/** The schema cannot be copied to the scratch server, such as for want of an extension. */
class NotCopied extends Error {}

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

/** Makes the schema of a database in an empty one, which only the session uses. Closes the session. */
async function copySchema(system: System, target: ConnectionTarget, empty: Session): Promise<void> {
  const live = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
    const changes = compareSchemas(await loadSchema(empty), await loadSchema(live));
    await empty.query(renderRepairs(changes));
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw new NotCopied(`The schema could not be copied to the scratch server: ${error.message}.`);
  } finally {
    await live.close();
    await empty.close();
  }
}

function judge({ statements, coverage, minimumCoverage }: ProofReport): ProofFact {
  const broken = statements.filter(({ verdict }) => isBreak(verdict));
  const findings = broken.map<Finding>(({ sql, calls, verdict }) => ({
    code: 'plan.query-breaks',
    severity: 'error',
    message: `${shorten(sql)} (${calls} calls) would fail: ${describeBreak(verdict)}`,
  }));
  if (broken.length > 0) {
    const counted = `${broken.length} of ${statements.length} statements would no longer work`;
    return fact('breaks', `${counted}; the first: ${findings[0]?.message}`, findings);
  }
  const share = shareOf(coverage.calls);
  const percent = `${(100 * share).toFixed(1)} % of the calls of ${statements.length} statements`;
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

const SHOWN_LENGTH = 120;

function shorten(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length <= SHOWN_LENGTH ? line : `${line.slice(0, SHOWN_LENGTH - 1)}…`;
}
