import type { SqlNode } from '../../system/index.ts';

const READS = ['SelectStmt', 'InsertStmt', 'CreateTableAsStmt', 'ViewStmt', 'CopyStmt', 'ExplainStmt'];

/** It reads tables as any query does, which makes nobody wait; what it reads whole is no effect. */
export function isPlainRead(node: SqlNode): boolean {
  return READS.some((kind) => kind in node);
}
