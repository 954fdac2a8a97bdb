import { ExitCode, OnwardError } from '../../model/index.ts';
import { loadSqlParser, type SqlStatement } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { attempt, type StatementFailure } from './attempt.ts';
import { UNMEASURED } from './measure-statement.ts';
import type { FileMeasurement } from './measurement.ts';
import type { MeasuringSession } from './measuring-session.ts';
import { whyNotRun } from './reach.ts';
import { createMissingRole } from './recover.ts';
import { resetSession } from './session-leaks.ts';

interface Server {
  readonly isEmbedded: boolean;
}

/** Applies the SQL of what was there at the beginning. Throws `lint.baseline-refused`, or the parser's errors. */
export async function applyBaseline(
  measuring: MeasuringSession,
  baseline: string | readonly SqlStatement[],
  server: Server,
): Promise<void> {
  const { session } = measuring;
  const statements = typeof baseline === 'string' ? (await loadSqlParser()).split(baseline, 'the baseline') : baseline;
  await resetSession(session);
  for (const statement of statements) {
    const failure = await runStatement(measuring, statement, server);
    if (failure) throw baselineRefused(statement, failure);
  }
  await resetSession(session);
}

/** Applies a file that has gone out, fast. Empty when all of it worked; else what failed. */
export async function applyShipped(
  measuring: MeasuringSession,
  file: LintFile,
  server: Server,
): Promise<readonly FileMeasurement[]> {
  const { session } = measuring;
  await resetSession(session);
  const failed: { readonly index: number; readonly line: number; readonly error: StatementFailure }[] = [];
  for (const [index, statement] of file.statements.entries()) {
    const error = await runStatement(measuring, statement, server);
    if (error) failed.push({ index, line: statement.line, error });
  }
  if (failed.length === 0) return [];
  const statements = failed.map((failure) => ({ ...UNMEASURED, file: file.path, ...failure }));
  return [{ file: file.path, statements, changes: [], leaks: [], tables: new Map(), empty: [], forced: [] }];
}

async function runStatement(
  { session }: MeasuringSession,
  { text, node }: SqlStatement,
  server: Server,
): Promise<StatementFailure | undefined> {
  if (whyNotRun(node, server) !== undefined) return undefined;
  for (;;) {
    const failure = await attempt(session, text);
    if (!failure) return undefined;
    if (!server.isEmbedded) return failure;
    if ('CreateRoleStmt' in node && failure.code === '42710') return undefined;
    if (!(await createMissingRole(session, failure))) return failure;
  }
}

function baselineRefused({ line }: SqlStatement, { code, message }: StatementFailure): OnwardError {
  return new OnwardError({
    code: 'lint.baseline-refused',
    message: `Could not apply the baseline: at line ${line} the server says ${code} ${message}.`,
    hint: 'Write the baseline with "pg_dump --schema-only --no-owner", then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
