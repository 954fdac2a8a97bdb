import type { SqlNode } from '../../system/index.ts';

const READS = ['SelectStmt', 'InsertStmt', 'CreateTableAsStmt', 'ViewStmt', 'CopyStmt', 'ExplainStmt'];

/** A statement of data or a view: it reads as any query may, without keeping anybody waiting, so a table that it reads whole is no scan to warn of. */
export function isPlainRead(node: SqlNode): boolean {
  return READS.some((kind) => kind in node);
}
