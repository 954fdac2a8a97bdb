import type { SqlDataMigration } from '../model/index.ts';
import { loadSqlParser, type SqlNode, type SqlParser } from '../system/index.ts';
import { wrongDeclaration } from './errors.ts';

/**
 * Throws unless `set` is a SET clause, or `insert.select` a SELECT, `where` one condition and `verify` one SELECT, each by itself: what is put together from them can then
 * touch no row outside of its range.
 */
export async function assertDeclaration(declared: SqlDataMigration): Promise<void> {
  const parser = await loadSqlParser();
  assertChange(parser, declared);
  const select = at(parseOne(parser, declared, 'where', `select where ${declared.where}`), 'SelectStmt');
  const clauses = ['groupClause', 'havingClause', 'sortClause', 'limitCount', 'limitOffset', 'lockingClause', 'larg'];
  if (!select?.whereClause || clauses.some((clause) => clause in select))
    throw wrongDeclaration(declared, '"where" is not one condition alone');
  if (!at(parseOne(parser, declared, 'verify', declared.verify), 'SelectStmt'))
    throw wrongDeclaration(declared, '"verify" is not a SELECT');
}

function assertChange(parser: SqlParser, declared: SqlDataMigration): void {
  const { change } = declared;
  if (change.kind === 'update') {
    const update = at(parseOne(parser, declared, 'set', `update t set ${change.set}`), 'UpdateStmt');
    if (!update || update.whereClause || update.fromClause || update.returningList)
      throw wrongDeclaration(declared, '"set" is not a SET clause alone');
    return;
  }
  const insert = at(
    parseOne(parser, declared, 'insert', `insert into t ${change.select}\non conflict do nothing`),
    'InsertStmt',
  );
  const select = insert && at(insert.selectStmt as SqlNode, 'SelectStmt');
  if (!select?.fromClause || select.larg)
    throw wrongDeclaration(declared, '"insert.select" is not one SELECT from batch');
}

function parseOne(parser: SqlParser, declared: SqlDataMigration, key: string, text: string): SqlNode {
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
