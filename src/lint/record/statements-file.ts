import type { z } from 'zod';
import { isSessionSetting, transactionControl } from '../../sql/index.ts';
import { loadDocument, loadSqlParser, type SqlStatement, type System } from '../../system/index.ts';
import { missingStatements } from './errors.ts';
import { statementsSchema } from './statements-schema.ts';

/** The statements of the running version, and what could not be seen of them. */
export type StatementsFile = z.infer<typeof statementsSchema>;
export type RecordedStatement = StatementsFile['statements'][number];

/**
 * Reads a file of `onward record`, or a plain `.sql` file, whose statements then count one call each and know no role. Throws
 * `document.invalid`, `lint.no-statements-file` or what the parser of SQL throws.
 */
export async function loadStatements(system: System, path: string): Promise<StatementsFile> {
  const text = await system.files.readTextIfPresent(path);
  if (!path.endsWith('.sql')) {
    return parseQuickly(text) ?? loadDocument(system.files, path, 'file of statements', statementsSchema);
  }
  if (text === undefined) throw missingStatements(path);
  const sql = await loadSqlParser();
  const statements = sql.split(text, path).filter(isWork);
  return {
    format: 1,
    recordedAt: system.clock.now().toISOString(),
    server: 'unknown',
    missing: [],
    statements: statements.map((statement) => ({ sql: statement.text, calls: 1, origin: `${path}:${statement.line}` })),
  };
}

/** Thousands of statements are read in a moment as JSON; the other way finds the lines of what is wrong, and takes long. */
function parseQuickly(text: string | undefined): StatementsFile | undefined {
  try {
    return statementsSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Logs of statements hold BEGIN, COMMIT and SET between the work. */
function isWork(statement: SqlStatement): boolean {
  return transactionControl(statement) === undefined && !isSessionSetting(statement.node);
}
