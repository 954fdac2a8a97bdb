import { type RelationName, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { perFile } from './per-file.ts';
import { findNodes } from './trees.ts';

const WITH_RANGE = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;
/** Statements that only read, write rows, set something or end a transaction. */
const NO_DEFINITIONS = [
  ...WITH_RANGE,
  'SelectStmt',
  'CopyStmt',
  'TruncateStmt',
  'VariableSetStmt',
  'VariableShowStmt',
  'TransactionStmt',
  'DoStmt',
  'CallStmt',
  'LockStmt',
  'ExplainStmt',
  'VacuumStmt',
  'NotifyStmt',
  'ConstraintsSetStmt',
];

export interface RowChange {
  readonly relation: RelationName;
  readonly verb: 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE' | 'COPY' | 'TRUNCATE';
}

/** The tables whose rows a statement changes, also inside of its WITH. */
export function rowChanges(node: SqlNode): readonly RowChange[] {
  if ('TruncateStmt' in node) {
    const ranges = (node.TruncateStmt.relations ?? []).flatMap((item) => ('RangeVar' in item ? [item.RangeVar] : []));
    return ranges.flatMap((range) => toChange('TRUNCATE', range));
  }
  if ('CopyStmt' in node) return node.CopyStmt.is_from ? toChange('COPY', node.CopyStmt.relation) : [];
  if (!('SelectStmt' in node) && !WITH_RANGE.some((kind) => kind in node)) return [];
  return WITH_RANGE.flatMap((kind) =>
    findNodes(node, kind).flatMap(({ relation }) =>
      toChange(kind.replace('Stmt', '').toUpperCase() as RowChange['verb'], relation),
    ),
  );
}

function toChange(verb: RowChange['verb'], range: Parameters<typeof relationName>[0]): readonly RowChange[] {
  const relation = relationName(range);
  return relation ? [{ verb, relation }] : [];
}

/** Whether any of them defines, alters or drops something. */
export const hasDefinition = perFile((statements) =>
  statements.some(({ node }) => !NO_DEFINITIONS.some((kind) => kind in node)),
);
