import type { SqlNode } from '../../system/index.ts';
import { names } from '../schema-model/constraints.ts';
import type { ModelTable } from '../schema-model/schema-model.ts';

type PartitionCommand = Extract<SqlNode, { PartitionCmd: unknown }>['PartitionCmd'];
export type PartitionBound = NonNullable<PartitionCommand['bound']>;

/**
 * Valid checks of a table prove that all of its rows fit the bound of a partition: `k >= low AND k < high` for a range, `k IN (…)` or
 * `k = value` for a list, and that the key is not null. Keys of one column, bounds of one constant: the rest is not proven here.
 */
export function provesBound(table: ModelTable, bound: PartitionBound, key: readonly string[]): boolean {
  const [column, ...more] = key;
  if (column === undefined || column === '' || more.length > 0 || bound.is_default === true) return false;
  const conditions = [...table.constraints.values()]
    .filter(({ kind, isValid }) => kind === 'check' && isValid)
    .flatMap(({ expression }) => (expression ? conjuncts(expression) : []));
  const isNotNull =
    table.columns.get(column)?.isNotNull === true || conditions.some((condition) => isNotNullTest(condition, column));
  if (bound.strategy === 'r') return isNotNull && provesRange(conditions, column, bound);
  return bound.strategy === 'l' && provesList(conditions, column, { bound, isNotNull });
}

function conjuncts(node: SqlNode): readonly SqlNode[] {
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') return (node.BoolExpr.args ?? []).flatMap(conjuncts);
  return [node];
}

function isNotNullTest(node: SqlNode, column: string): boolean {
  return 'NullTest' in node && node.NullTest.nulltesttype === 'IS_NOT_NULL' && columnOf(node.NullTest.arg) === column;
}

function provesRange(conditions: readonly SqlNode[], column: string, bound: PartitionBound): boolean {
  const low = onlyValue(bound.lowerdatums);
  const high = onlyValue(bound.upperdatums);
  const comparisons = conditions.flatMap((condition) => comparisonsOf(condition, column));
  const isAbove =
    isLimit(bound.lowerdatums, 'MINVALUE') ||
    (low !== undefined &&
      comparisons.some(({ operator, value }) => ['>=', '>', '='].includes(operator) && compare(value, low) >= 0));
  const isBelow =
    isLimit(bound.upperdatums, 'MAXVALUE') ||
    (high !== undefined &&
      comparisons.some(({ operator, value }) => {
        const order = compare(value, high);
        return operator === '<' ? order <= 0 : ['<=', '='].includes(operator) && order < 0;
      }));
  return isAbove && isBelow;
}

function provesList(
  conditions: readonly SqlNode[],
  column: string,
  { bound, isNotNull }: { readonly bound: PartitionBound; readonly isNotNull: boolean },
): boolean {
  const allowed = (bound.listdatums ?? []).map(constantOf);
  const takesNull = (bound.listdatums ?? []).some((item) => 'A_Const' in item && item.A_Const.isnull === true);
  if (!isNotNull && !takesNull) return false;
  return conditions.some((condition) => {
    const values = listOf(condition, column);
    return (values ?? [undefined]).every((value) => value !== undefined && allowed.includes(value));
  });
}

/** The values that `k = value` or `k IN (…)` allows. */
function listOf(node: SqlNode, column: string): readonly (string | undefined)[] | undefined {
  if (!('A_Expr' in node) || columnOf(node.A_Expr.lexpr) !== column) return undefined;
  const { kind, name, rexpr } = node.A_Expr;
  if (names(name)[0] !== '=' || !rexpr) return undefined;
  if (kind === 'AEXPR_IN' && 'List' in rexpr) return (rexpr.List.items ?? []).map(constantOf);
  return kind === 'AEXPR_OP' ? [constantOf(rexpr)] : undefined;
}

interface Comparison {
  readonly operator: string;
  readonly value: string;
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=' };

function comparisonsOf(node: SqlNode, column: string): readonly Comparison[] {
  if (!('A_Expr' in node)) return [];
  const { kind, name, lexpr, rexpr } = node.A_Expr;
  if (kind === 'AEXPR_BETWEEN' && columnOf(lexpr) === column && rexpr && 'List' in rexpr) {
    const [low, high] = (rexpr.List.items ?? []).map(constantOf);
    if (low === undefined || high === undefined) return [];
    return [
      { operator: '>=', value: low },
      { operator: '<=', value: high },
    ];
  }
  if (kind !== 'AEXPR_OP') return [];
  const operator = names(name)[0] ?? '';
  const isMirrored = columnOf(rexpr) === column;
  const value = constantOf(isMirrored ? lexpr : rexpr);
  if (value === undefined || (!isMirrored && columnOf(lexpr) !== column)) return [];
  return [{ operator: isMirrored ? (MIRRORED[operator] ?? '') : operator, value }];
}

function columnOf(node: SqlNode | undefined): string | undefined {
  return node && 'ColumnRef' in node ? names(node.ColumnRef.fields).at(-1) : undefined;
}

/** A constant, with or without a cast, as text. */
function constantOf(node: SqlNode | undefined): string | undefined {
  if (!node) return undefined;
  if ('TypeCast' in node) return constantOf(node.TypeCast.arg);
  if (!('A_Const' in node) || node.A_Const.isnull) return undefined;
  const { ival, fval, sval, boolval } = node.A_Const;
  if (sval) return sval.sval ?? '';
  if (fval) return fval.fval;
  if (boolval) return String(boolval.boolval === true);
  // Zero is left out by the parser.
  return ival ? String(ival.ival ?? 0) : undefined;
}

function onlyValue(datums: readonly SqlNode[] | undefined): string | undefined {
  return datums?.length === 1 ? constantOf(datums[0]) : undefined;
}

function isLimit(datums: readonly SqlNode[] | undefined, name: string): boolean {
  const [only, ...more] = datums ?? [];
  return more.length === 0 && columnOf(only)?.toUpperCase() === name;
}

/** Numbers as numbers; other constants of one type and spelling, such as dates, sort like their text. */
function compare(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (a.trim() !== '' && b.trim() !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
