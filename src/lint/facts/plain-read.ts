import type { SqlNode } from '../../system/index.ts';

const READS = ['SelectStmt', 'InsertStmt', 'CreateTableAsStmt', 'ViewStmt', 'CopyStmt', 'ExplainStmt'];

/**
 * Whether a statement reads tables only as a query does. It may read one whole without keeping anybody waiting, so that is no scan to warn
 * of; the statements that do wait for each other change a table, and are not among these.
 */
export function isPlainRead(node: SqlNode): boolean {
  return READS.some((kind) => kind in node);
}
