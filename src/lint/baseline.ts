import type { SqlStatement, System } from '../system/index.ts';
import { loadSqlParser } from '../system/index.ts';
import { unreadableBaseline } from './errors.ts';
import { splitStatements } from './layouts/split-statements.ts';

/** What was there before the first migration. */
export interface Baseline {
  readonly sql: string;
  readonly statements: readonly SqlStatement[];
}

/** Reads an SQL file such as `pg_dump --schema-only` writes. Throws `lint.unreadable-baseline`. */
export async function loadBaseline(system: System, file: string): Promise<Baseline> {
  const sql = await system.files.readTextIfPresent(file);
  if (sql === undefined) throw unreadableBaseline(file, 'there is no such file');
  const parser = await loadSqlParser();
  const { statements, text, findings } = splitStatements(parser, sql, file);
  // pg_dump writes lines for psql around what it says; they change no schema.
  const wrong = findings.find(({ rule }) => rule !== 'psql-command');
  if (wrong) throw unreadableBaseline(file, wrong.message);
  return { sql: text, statements };
}
