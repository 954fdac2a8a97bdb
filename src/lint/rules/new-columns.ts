import { type RelationName, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { formatTypeName } from '../schema-model/type-name.ts';
import { type ColumnNode, constraintsOf } from './old-columns.ts';
import type { Subject } from './rule.ts';
import { describeRelation } from './statement-parts.ts';
import { textsOf } from './trees.ts';

export type CreateTableNode = Extract<SqlNode, { CreateStmt: unknown }>['CreateStmt'];

export interface NewColumn {
  readonly relation: RelationName;
  readonly column: ColumnNode;
  /** As `format_type` writes it. */
  readonly type: string;
}

/** A table that the statement makes to stay. */
export function newTable({
  node,
  schema,
}: Subject): { readonly relation: RelationName; readonly table: CreateTableNode } | undefined {
  if (!('CreateStmt' in node) || node.CreateStmt.relation?.relpersistence === 't') return undefined;
  const relation = relationName(node.CreateStmt.relation);
  if (!relation || (node.CreateStmt.if_not_exists && schema.findTable(relation))) return undefined;
  return { relation, table: node.CreateStmt };
}

/** The columns that the statement makes, in a new table or in one that is there. */
export function newColumns(subject: Subject): readonly NewColumn[] {
  const made = newTable(subject);
  if (made)
    return (made.table.tableElts ?? []).flatMap((item) =>
      'ColumnDef' in item ? [describe(made.relation, item.ColumnDef)] : [],
    );
  const { node } = subject;
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE') return [];
  const relation = relationName(node.AlterTableStmt.relation);
  if (!relation) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((item) => {
    if (!('AlterTableCmd' in item) || item.AlterTableCmd.subtype !== 'AT_AddColumn') return [];
    const { def } = item.AlterTableCmd;
    return def && 'ColumnDef' in def ? [describe(relation, def.ColumnDef)] : [];
  });
}

function describe(relation: RelationName, column: ColumnNode): NewColumn {
  return { relation, column, type: formatTypeName(column.typeName) };
}

/** As a person writes it: `orders.note`. */
export function describeColumn({ relation, column }: NewColumn): string {
  return `${describeRelation(relation)}.${column.colname}`;
}

/** The word that the type was written with, such as `bigserial`. */
export function typeWord({ typeName }: ColumnNode): string {
  return textsOf(typeName?.names).at(-1) ?? '';
}

export function isSerialType(column: ColumnNode): boolean {
  return /^(small|big)?serial[248]?$/.test(typeWord(column));
}

export function isIdentity(column: ColumnNode): boolean {
  return constraintsOf(column).some(({ contype }) => contype === 'CONSTR_IDENTITY');
}
