import { OnwardError } from '../model/index.ts';
import type { SqlParser } from '../system/index.ts';

/** Parts of a syntax tree that change, lock or make something, and parameters that nobody would fill. */
const REFUSED: Readonly<Record<string, string>> = {
  InsertStmt: 'it inserts',
  UpdateStmt: 'it updates',
  DeleteStmt: 'it deletes',
  MergeStmt: 'it merges',
  intoClause: 'it makes a table',
  lockingClause: 'it locks rows',
  ParamRef: 'it has a parameter',
};

/**
 * Why a text is not one SELECT (VALUES, TABLE or WITH) that only reads; `undefined` when it is one by its form. What the functions do that
 * it calls is not seen here: the transaction that it runs in has to be read-only.
 */
export function refuseQuery(parser: Pick<SqlParser, 'split'>, text: string): string | undefined {
  try {
    const statements = parser.split(text, 'query');
    const [first] = statements;
    if (!first) return 'it holds no statement';
    if (statements.length > 1) return 'it holds more than one statement';
    if (!('SelectStmt' in first.node)) return 'it is not a SELECT';
    return findRefused(first.node);
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return error.findings[0]?.message ?? error.message;
  }
}

function findRefused(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  for (const [key, value] of Object.entries(node)) {
    const found = (Array.isArray(node) ? undefined : REFUSED[key]) ?? findRefused(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
