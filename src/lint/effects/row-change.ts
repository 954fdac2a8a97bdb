import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { names } from '../schema-model/constraints.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, storedTables } from './prediction.ts';

/** An `UPDATE` or `DELETE` that no condition narrows down to few rows by an index reads the table whole. */
export function predictRowChange(prediction: Prediction, node: SqlNode): void {
  const { schema, found } = prediction;
  const change = 'UpdateStmt' in node ? node.UpdateStmt : 'DeleteStmt' in node ? node.DeleteStmt : undefined;
  const relation = resolveRelation(prediction, relationName(change?.relation));
  if (!change || !relation) return;
  for (const table of storedTables(schema, relation, change.relation?.inh === true ? 'tree' : 'only')) {
    if (!isSelective(change.whereClause, table)) found.scan(table.id);
  }
}

/** A condition on the first column of an index. Where the table is not known, any comparison with a column is taken to be one. */
function isSelective(condition: SqlNode | undefined, { table }: ResolvedRelation): boolean {
  if (!condition) return false;
  const columns = comparedColumns(condition);
  if (!table) return columns.length > 0;
  const leading = new Set([...table.indexes.values()].map((index) => index.columns[0]));
  return columns.some((column) => leading.has(column));
}

/** Columns that every row has to match in, by `=`, `IN`, a range or a join. */
function comparedColumns(node: SqlNode): readonly string[] {
  if ('BoolExpr' in node) {
    return node.BoolExpr.boolop === 'AND_EXPR' ? (node.BoolExpr.args ?? []).flatMap(comparedColumns) : [];
  }
  if ('SubLink' in node) return node.SubLink.testexpr ? columnsOf(node.SubLink.testexpr) : [];
  if (!('A_Expr' in node)) return [];
  const { name, lexpr, rexpr } = node.A_Expr;
  if (!['=', '<', '<=', '>', '>=', 'BETWEEN'].includes(names(name)[0] ?? '')) return [];
  return [...(lexpr ? columnsOf(lexpr) : []), ...(rexpr ? columnsOf(rexpr) : [])];
}

function columnsOf(node: SqlNode): readonly string[] {
  if (!('ColumnRef' in node)) return [];
  const name = names(node.ColumnRef.fields).at(-1);
  return name === undefined ? [] : [name];
}
