import { loadSqlParser, type SqlStatement } from '../system/index.ts';
import type { MigrationFile } from './migration-file.ts';

/** Reading a file and applying it both need its statements; they are kept for as long as the file's record is. */
const parsed = new WeakMap<MigrationFile, readonly SqlStatement[]>();

export function rememberStatements(file: MigrationFile, statements: readonly SqlStatement[]): void {
  parsed.set(file, statements);
}

/** Throws `sql.syntax` for a text that cannot be read. */
export async function loadStatements(file: MigrationFile): Promise<readonly SqlStatement[]> {
  const known = parsed.get(file);
  if (known) return known;
  const parser = await loadSqlParser();
  return parser.split(file.text, file.path);
}
