import type { SqlNode } from '../../system/index.ts';
import { addConstraint, type ConstraintNode, names } from './constraints.ts';
import type { ModelColumn } from './schema-model.ts';
import type { ModelState, TableState } from './state.ts';
import { formatTypeName, isSerial } from './type-name.ts';

export type ColumnNode = Extract<SqlNode, { ColumnDef: unknown }>['ColumnDef'];

/** Adds a column with the constraints that stand beside it. */
export function addColumn(state: ModelState, table: TableState, node: ColumnNode): void {
  const name = node.colname ?? '';
  const constraints = constraintsOf(node);
  const fallback = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  const isIdentity = constraints.some(({ contype }) => contype === 'CONSTR_IDENTITY');
  const generated = constraints.find(({ contype }) => contype === 'CONSTR_GENERATED');
  const collation = names(node.collClause?.collname).at(-1);
  const kind: ModelColumn['generated'] = generated
    ? generated.generated_kind === 'v'
      ? 'virtual'
      : 'stored'
    : isIdentity
      ? 'identity'
      : undefined;
  const defaultValue = fallback ?? (isSerial(node.typeName) ? NEXT_VALUE : undefined);
  table.columns.set(name, {
    name,
    type: formatTypeName(node.typeName),
    isNotNull: isIdentity || isSerial(node.typeName),
    born: state.group,
    ...(defaultValue === undefined ? {} : { defaultValue }),
    ...(kind === undefined ? {} : { generated: kind }),
    ...(collation === undefined ? {} : { collation }),
  });
  for (const constraint of constraints) addConstraint(state, table, constraint, name);
}

/** What a serial column has as its default; which sequence makes no difference here. */
const NEXT_VALUE: SqlNode = { FuncCall: { funcname: [{ String: { sval: 'nextval' } }] } };

export function constraintsOf(node: ColumnNode): readonly ConstraintNode[] {
  return (node.constraints ?? []).flatMap((item) => ('Constraint' in item ? [item.Constraint] : []));
}

/** Changes properties of a column that is known; one that is not stays unknown. */
export function changeColumn(table: TableState, name: string | undefined, change: Partial<ModelColumn>): void {
  const column = name === undefined ? undefined : table.columns.get(name);
  if (column) table.columns.set(column.name, { ...column, ...change });
}

/** A column of a name that is known, without a default or a generation. */
export function dropProperty(
  table: TableState,
  name: string | undefined,
  property: 'defaultValue' | 'generated' | 'collation',
): void {
  const column = name === undefined ? undefined : table.columns.get(name);
  if (!column) return;
  const { [property]: _gone, ...rest } = column;
  table.columns.set(column.name, rest);
}
