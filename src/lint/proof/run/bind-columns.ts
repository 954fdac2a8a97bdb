import type { SqlNode } from '../../../system/index.ts';
import { nodesOf, type TreeNode } from '../syntax-tree.ts';
import type { ColumnInfo, TableInfo } from './load-tables.ts';

/** What a parameter of a statement stands for. */
export interface Binding {
  readonly table: TableInfo;
  readonly column: ColumnInfo;
  /** It becomes the column's value, or it is compared with it. */
  readonly use: 'written' | 'matched';
}

export interface BoundStatement {
  /** By the parameter's number. Parameters that stand for no column are left out. */
  readonly bindings: ReadonlyMap<number, Binding>;
  readonly tables: readonly TableInfo[];
}

const WRITES = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'];

/**
 * Tells from a statement's text which column each parameter is written to or compared with. Names are looked up among all relations of the
 * statement, whatever their scope: a wrong guess gives a value that fits worse, never a wrong verdict.
 */
export function bindColumns(node: SqlNode, tables: ReadonlyMap<string, TableInfo>): BoundStatement {
  const nodes = nodesOf(node);
  const relations = nodes.filter(({ kind }) => kind === 'RangeVar').flatMap((found) => findRelation(found, tables));
  const bindings = new Map<number, Binding>();
  const bind = (value: unknown, column: Found | undefined, use: Binding['use']) => {
    for (const number of column ? parametersOf(value) : []) {
      if (column && (!bindings.has(number) || use === 'written')) bindings.set(number, { ...column, use });
    }
  };
  for (const found of nodes) {
    if (found.kind === 'A_Expr') bindComparison(found, relations, bind);
    if (found.kind === 'InsertStmt') bindInsert(found, tables, bind);
    if (found.kind === 'UpdateStmt' || found.kind === 'MergeWhenClause' || found.kind === 'InsertStmt') {
      const target = found.kind === 'MergeWhenClause' ? relations[0]?.table : targetOf(found, tables);
      bindAssignments(found, target, bind);
    }
  }
  return {
    bindings,
    tables: [...new Set(relations.map(({ table }) => table))],
  };
}

/** At the top, or in a common table expression. */
export function isWrite(node: SqlNode): boolean {
  return WRITES.some((kind) => kind in node) || nodesOf(node).some(({ kind }) => WRITES.includes(kind));
}

type Found = Pick<Binding, 'table' | 'column'>;
type Bind = (value: unknown, column: Found | undefined, use: Binding['use']) => void;

interface Relation {
  readonly alias: string;
  readonly table: TableInfo;
}

function findRelation({ fields }: TreeNode, tables: ReadonlyMap<string, TableInfo>): readonly Relation[] {
  const { schemaname, relname, alias } = fields;
  if (typeof relname !== 'string') return [];
  const table =
    tables.get(`${typeof schemaname === 'string' ? schemaname : 'public'}.${relname}`) ??
    (schemaname === undefined ? [...tables.values()].find(({ name }) => name === relname) : undefined);
  const called = (alias as { readonly aliasname?: string } | undefined)?.aliasname ?? relname;
  return table ? [{ alias: called, table }] : [];
}

function targetOf({ fields }: TreeNode, tables: ReadonlyMap<string, TableInfo>): TableInfo | undefined {
  return findRelation({ kind: 'RangeVar', fields: (fields.relation ?? {}) as TreeNode['fields'] }, tables)[0]?.table;
}

/** The parameters that a value consists of: itself, below a cast or a simple call, or the items of a list. */
function parametersOf(value: unknown): readonly number[] {
  const nodes = nodesOf(value);
  const [top] = nodes;
  const isPlain = top !== undefined && ['ParamRef', 'TypeCast', 'List', 'A_ArrayExpr', 'FuncCall'].includes(top.kind);
  if (!isPlain && !Array.isArray(value)) return [];
  if (nodes.some(({ kind }) => kind === 'ColumnRef')) return [];
  return nodes.filter(({ kind }) => kind === 'ParamRef').map(({ fields }) => Number(fields.number));
}

function bindComparison({ fields }: TreeNode, relations: readonly Relation[], bind: Bind): void {
  const left = findColumn(fields.lexpr, relations);
  const right = findColumn(fields.rexpr, relations);
  if (left && !right) bind(fields.rexpr, left, 'matched');
  if (right && !left) bind(fields.lexpr, right, 'matched');
}

function findColumn(value: unknown, relations: readonly Relation[]): Found | undefined {
  const references = nodesOf(value).filter(({ kind }) => kind === 'ColumnRef');
  const [only] = references;
  if (!only || references.length > 1) return undefined;
  const names = (only.fields.fields as readonly { readonly String?: { readonly sval?: string } }[]).map(
    (part) => part.String?.sval,
  );
  const name = names.at(-1);
  const qualifier = names.at(-2);
  for (const { alias, table } of relations) {
    if (qualifier !== undefined && qualifier !== alias) continue;
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column) return { table, column };
  }
  return undefined;
}

function bindInsert(found: TreeNode, tables: ReadonlyMap<string, TableInfo>, bind: Bind): void {
  const table = targetOf(found, tables);
  if (!table) return;
  const named = namesOfTargets(found.fields.cols);
  const names = named.length > 0 ? named : table.columns.map(({ name }) => name);
  const select = (found.fields.selectStmt as { readonly SelectStmt?: TreeNode['fields'] } | undefined)?.SelectStmt;
  const lists = listOf(select?.valuesLists).map((list) => listOf((list as ListNode).List?.items));
  const targets = listOf(select?.targetList).map((target) => (target as ResultTarget).ResTarget?.val);
  for (const values of lists.length > 0 ? lists : [targets]) {
    for (const [index, value] of values.entries()) bind(value, columnOf(table, names[index]), 'written');
  }
}

function bindAssignments({ fields }: TreeNode, table: TableInfo | undefined, bind: Bind): void {
  if (!table) return;
  const conflict = (fields.onConflictClause as TreeNode['fields'] | undefined)?.targetList;
  for (const target of [...listOf(fields.targetList), ...listOf(conflict)]) {
    const { name, val } = (target as ResultTarget).ResTarget ?? {};
    bind(val, columnOf(table, name), 'written');
  }
}

interface ListNode {
  readonly List?: { readonly items?: unknown };
}

interface ResultTarget {
  readonly ResTarget?: { readonly name?: string; readonly val?: unknown };
}

function namesOfTargets(targets: unknown): readonly string[] {
  return listOf(targets).flatMap((target) => (target as ResultTarget).ResTarget?.name ?? []);
}

function columnOf(table: TableInfo, name: string | undefined): Found | undefined {
  const column = table.columns.find((candidate) => candidate.name === name);
  return column && { table, column };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
