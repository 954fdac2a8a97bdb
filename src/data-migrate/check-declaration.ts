import type { DataMigration } from '../model/index.ts';
import { loadSqlParser, type SqlNode, type SqlParser } from '../system/index.ts';
import { wrongDeclaration } from './errors.ts';

/**
 * Throws unless `set` is a SET clause, `where` one condition and `verify` one SELECT, each by itself: what is put together from them can then
 * touch no row outside of its range.
 */
export async function assertDeclaration(declared: DataMigration): Promise<void> {
  const parser = await loadSqlParser();
  const update = parseOne(parser, declared, 'set', `update t set ${declared.set}`);
  const { whereClause, fromClause, returningList } = at(update, 'UpdateStmt') ?? {};
  if (!at(update, 'UpdateStmt') || whereClause || fromClause || returningList)
    throw wrongDeclaration(declared, '"set" is not a SET clause alone');
  const select = at(parseOne(parser, declared, 'where', `select where ${declared.where}`), 'SelectStmt');
  const clauses = ['groupClause', 'havingClause', 'sortClause', 'limitCount', 'limitOffset', 'lockingClause', 'larg'];
  if (!select?.whereClause || clauses.some((clause) => clause in select))
    throw wrongDeclaration(declared, '"where" is not one condition alone');
  if (!at(parseOne(parser, declared, 'verify', declared.verify), 'SelectStmt'))
    throw wrongDeclaration(declared, '"verify" is not a SELECT');
}

function parseOne(parser: SqlParser, declared: DataMigration, key: string, text: string): SqlNode {
  try {
    const statements = parser.split(text, key);
    const [first] = statements;
    if (first && statements.length === 1) return first.node;
  } catch (error) {
    throw wrongDeclaration(declared, `"${key}" is not SQL (${(error as Error).message})`);
  }
  throw wrongDeclaration(declared, `"${key}" holds more than one statement`);
}

function at(node: SqlNode, kind: string): Readonly<Record<string, unknown>> | undefined {
  return (node as unknown as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[kind];
}
