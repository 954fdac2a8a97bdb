import { type RelationName, relationName } from '../../sql/index.ts';
import { newColumns, newTable } from './new-columns.ts';
import { type ConstraintNode, constraintsOf } from './old-columns.ts';
import type { Subject } from './rule.ts';
import { textsOf } from './trees.ts';

export interface NewForeignKey {
  readonly relation: RelationName;
  readonly columns: readonly string[];
  readonly parent: RelationName;
  /** Empty: the parent's primary key. */
  readonly parentColumns: readonly string[];
}

/** The foreign keys that the statement makes, beside a column or by themselves. */
export function newForeignKeys(subject: Subject): readonly NewForeignKey[] {
  const beside = newColumns(subject).flatMap(({ relation, column }) =>
    constraintsOf(column).flatMap((constraint) => describe(relation, constraint, [column.colname ?? ''])),
  );
  return [...beside, ...byThemselves(subject)];
}

function byThemselves(subject: Subject): readonly NewForeignKey[] {
  const { node } = subject;
  const made = newTable(subject);
  if (made) {
    return (made.table.tableElts ?? []).flatMap((item) =>
      'Constraint' in item ? describe(made.relation, item.Constraint, textsOf(item.Constraint.fk_attrs)) : [],
    );
  }
  const relation = 'AlterTableStmt' in node ? relationName(node.AlterTableStmt.relation) : undefined;
  if (!('AlterTableStmt' in node) || !relation) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((item) => {
    const def = 'AlterTableCmd' in item ? item.AlterTableCmd.def : undefined;
    return def && 'Constraint' in def ? describe(relation, def.Constraint, textsOf(def.Constraint.fk_attrs)) : [];
  });
}

function describe(
  relation: RelationName,
  constraint: ConstraintNode,
  columns: readonly string[],
): readonly NewForeignKey[] {
  const parent = relationName(constraint.pktable);
  if (constraint.contype !== 'CONSTR_FOREIGN' || !parent) return [];
  return [{ relation, columns, parent, parentColumns: textsOf(constraint.pk_attrs) }];
}
