import { type RelationName, relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { laterInTransaction } from './file-index.ts';
import { isSameName } from './old-objects.ts';
import type { Subject } from './rule.ts';
import { isSameTree, textOf, textsOf } from './trees.ts';

export type ViewNode = Extract<SqlNode, { ViewStmt: unknown }>['ViewStmt'];
export type FunctionNode = Extract<SqlNode, { CreateFunctionStmt: unknown }>['CreateFunctionStmt'];
export type TriggerNode = Extract<SqlNode, { CreateTrigStmt: unknown }>['CreateTrigStmt'];

/** The names of a view's columns; `undefined` when its text does not tell (`SELECT *`). */
export function viewColumns({ aliases, query }: ViewNode): readonly string[] | undefined {
  const targets = query && 'SelectStmt' in query ? query.SelectStmt.targetList : undefined;
  if (!targets) return undefined;
  const named = textsOf(aliases);
  const columns = targets.map(
    (item, position) => named[position] ?? ('ResTarget' in item ? targetName(item.ResTarget) : undefined),
  );
  return columns.every((column) => column !== undefined) ? columns : undefined;
}

function targetName({ name, val }: Extract<SqlNode, { ResTarget: unknown }>['ResTarget']): string | undefined {
  if (name !== undefined) return name;
  if (!val) return undefined;
  if ('ColumnRef' in val) return textOf(val.ColumnRef.fields?.at(-1));
  return 'FuncCall' in val ? textOf(val.FuncCall.funcname?.at(-1)) : undefined;
}

/** The view of this name that a later statement of the transaction makes. */
export function laterView(subject: Subject, name: RelationName): ViewNode | undefined {
  for (const { node } of laterInTransaction(subject, name.name)) {
    if ('ViewStmt' in node && isSameName(relationName(node.ViewStmt.view), name)) return node.ViewStmt;
  }
  return undefined;
}

/** The functions of this name that later statements of the transaction make. */
export function laterFunctions(subject: Subject, name: RelationName): readonly FunctionNode[] {
  return laterInTransaction(subject, name.name).flatMap(({ node }) =>
    'CreateFunctionStmt' in node && isSameName(relationFromParts(node.CreateFunctionStmt.funcname), name)
      ? [node.CreateFunctionStmt]
      : [],
  );
}

/** Whether a later statement of the transaction makes a trigger or rule of this name on this table again. */
export function isMadeAgain(
  subject: Subject,
  { name, table }: { readonly name: string; readonly table?: RelationName },
): boolean {
  return laterInTransaction(subject, table?.name ?? '').some(({ node }) => {
    if ('CreateTrigStmt' in node) {
      const { trigname, relation } = node.CreateTrigStmt;
      return trigname === name && isSameName(relationName(relation), table);
    }
    return (
      'RuleStmt' in node && node.RuleStmt.rulename === name && isSameName(relationName(node.RuleStmt.relation), table)
    );
  });
}

export type Parameter = Extract<SqlNode, { FunctionParameter: unknown }>['FunctionParameter'];

/** The parameters that a caller gives. */
export function inputParameters({ parameters }: FunctionNode): readonly Parameter[] {
  return (parameters ?? []).flatMap((item) =>
    'FunctionParameter' in item && !['FUNC_PARAM_OUT', 'FUNC_PARAM_TABLE'].includes(item.FunctionParameter.mode ?? '')
      ? [item.FunctionParameter]
      : [],
  );
}

export function hasSameArguments(a: readonly Parameter[], b: readonly Parameter[]): boolean {
  return a.length === b.length && a.every(({ argType }, position) => isSameTree(argType, b[position]?.argType));
}

/** Whether every call of the one is a call of the other, with a result of the same type: parameters, their names and defaults, result. */
export function hasSameShape(old: FunctionNode, made: FunctionNode): boolean {
  const [before, after] = [old.parameters ?? [], made.parameters ?? []];
  if (before.length !== after.length || !isSameTree(old.returnType, made.returnType)) return false;
  return before.every((item, position) => {
    const other = after[position];
    if (!('FunctionParameter' in item) || !other || !('FunctionParameter' in other)) return false;
    const { defexpr: hadDefault, ...parameter } = item.FunctionParameter;
    const { defexpr: hasDefault, ...same } = other.FunctionParameter;
    return isSameTree(parameter, same) && (!hadDefault || hasDefault !== undefined);
  });
}

export function returnsTrigger({ returnType }: FunctionNode): boolean {
  return textsOf(returnType?.names).at(-1) === 'trigger';
}
