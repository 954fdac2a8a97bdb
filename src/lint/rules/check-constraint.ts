import type { SqlNode } from '../../system/index.ts';
import { type AddedConstraint, leftBehind } from './old-columns.ts';
import type { Subject } from './rule.ts';
import { columnsIn, findNodes, functionsIn, isSameTree } from './trees.ts';

/** Whether an old writer may fail a check that is added: it passes when it looks only at columns that he leaves empty or at their default. */
export function bindsOldWriters(subject: Subject, { relation, table, constraint }: AddedConstraint): boolean {
  const { raw_expr: expression, is_enforced: isEnforced } = constraint;
  if (isEnforced !== true) return false;
  if (isOnlyNotNull(expression) && columnsIn(expression).every((name) => table?.columns.get(name)?.isNotNull)) {
    return false;
  }
  const left = columnsIn(expression).map((name) => leftBehind(subject, relation, name));
  if (left.includes('known') || left.length === 0) return true;
  // A check that comes out null passes, unless it asks for null itself.
  return left.includes('null') && asksForNull(expression);
}

const NULL_COUNTERS = ['num_nulls', 'num_nonnulls'];

function asksForNull(expression: SqlNode | undefined): boolean {
  const isCounted = functionsIn(expression).some((name) => NULL_COUNTERS.includes(name));
  const isReplaced =
    findNodes(expression, 'CoalesceExpr').length > 0 || findNodes(expression, 'BooleanTest').length > 0;
  const isDistinct = findNodes(expression, 'A_Expr').some(
    ({ kind }) => kind === 'AEXPR_DISTINCT' || kind === 'AEXPR_NOT_DISTINCT',
  );
  return (
    isCounted ||
    isReplaced ||
    isDistinct ||
    findNodes(expression, 'NullTest').some(({ nulltesttype }) => nulltesttype === 'IS_NOT_NULL')
  );
}

/** `x IS NOT NULL`, alone or several joined by AND. */
export function isOnlyNotNull(expression: SqlNode | undefined): boolean {
  if (!expression) return false;
  if ('NullTest' in expression) return expression.NullTest.nulltesttype === 'IS_NOT_NULL';
  return (
    'BoolExpr' in expression &&
    expression.BoolExpr.boolop === 'AND_EXPR' &&
    (expression.BoolExpr.args ?? []).every((part) => isOnlyNotNull(part))
  );
}

/** Whether whatever passes the old check passes the new one, as far as their form shows: equal, an alternative more, or a longer list. */
export function isWidened(old: SqlNode, made: SqlNode): boolean {
  if (isSameTree(old, made)) return true;
  if ('BoolExpr' in made && made.BoolExpr.boolop === 'OR_EXPR') {
    if ((made.BoolExpr.args ?? []).some((part) => isWidened(old, part))) return true;
  }
  const [before, after] = [listOf(old), listOf(made)];
  if (!before || !after || !isSameTree(before.of, after.of)) return false;
  return before.values.every((value) => after.values.some((other) => isSameTree(value, other)));
}

/** `x IN (…)` and `x = ANY (ARRAY[…])`. */
function listOf(node: SqlNode): { readonly of: SqlNode | undefined; readonly values: readonly SqlNode[] } | undefined {
  if (!('A_Expr' in node)) return undefined;
  const { kind, name, lexpr: of, rexpr } = node.A_Expr;
  if (!name?.some((part) => 'String' in part && part.String.sval === '=') || !rexpr) return undefined;
  if (kind === 'AEXPR_IN' && 'List' in rexpr) return { of, values: rexpr.List.items ?? [] };
  if (kind !== 'AEXPR_OP_ANY' || !('A_ArrayExpr' in rexpr)) return undefined;
  return { of, values: rexpr.A_ArrayExpr.elements ?? [] };
}
