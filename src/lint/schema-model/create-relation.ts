import { type RelationName, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { addColumn } from './columns.ts';
import { addConstraint, columnsIn, fitName } from './constraints.ts';
import type { ModelIndex } from './schema-model.ts';
import { addTable, date, descendants, lookUp, type ModelState, qualify, type TableState } from './state.ts';

type CreateTable = Extract<SqlNode, { CreateStmt: unknown }>['CreateStmt'];
type CreateIndex = Extract<SqlNode, { IndexStmt: unknown }>['IndexStmt'];

export function createTable(state: ModelState, node: CreateTable, isForeign: boolean): void {
  const name = relationName(node.relation);
  if (!name || (node.if_not_exists && state.tables.has(qualify(state, name)))) return;
  const table = addTable(state, name, isForeign ? 'foreign table' : node.partspec ? 'partitioned' : 'table');
  table.isPartition = node.partbound !== undefined;
  if (node.partbound?.is_default) table.isDefaultPartition = true;
  if (node.partspec) table.partitionKey = partitionKey(node.partspec.partParams);
  if (node.relation?.relpersistence === 'u') table.isUnlogged = true;
  for (const item of node.inhRelations ?? []) {
    const parent = 'RangeVar' in item ? relationName(item.RangeVar) : undefined;
    if (parent) inherit(state, table, { parent: lookUp(state, state.tables, parent), id: qualify(state, parent) });
  }
  const elements = node.tableElts ?? [];
  for (const element of elements) {
    if ('ColumnDef' in element) addColumn(state, table, element.ColumnDef);
    if ('TableLikeClause' in element) copyLike(state, table, relationName(element.TableLikeClause.relation));
  }
  // Constraints of the table may name columns that stand behind them.
  for (const element of elements) if ('Constraint' in element) addConstraint(state, table, element.Constraint);
  // There is no row yet that could offend one.
  for (const [name, constraint] of table.constraints) table.constraints.set(name, { ...constraint, isValid: true });
}

function partitionKey(elements: readonly SqlNode[] | undefined): readonly string[] {
  return (elements ?? []).map((item) => ('PartitionElem' in item ? (item.PartitionElem.name ?? '') : ''));
}

interface Inherited {
  readonly parent: TableState | undefined;
  readonly id: string;
}

/** A partition has the indexes of its parent, under names of its own. */
export function copyIndex(state: ModelState, table: TableState, index: ModelIndex): void {
  const middle = index.columns.map((column) => (column === '' ? 'expr' : column)).join('_');
  const name = freeName(table, middle);
  table.indexes.set(name, date(state, { ...index, name, table: table.id }));
}

function inherit(state: ModelState, table: TableState, { parent, id }: Inherited): void {
  state.inheriting.add(table);
  table.parents.push(parent?.id ?? id);
  if (!parent) {
    table.isCertain = false;
    return;
  }
  for (const column of parent.columns.values()) table.columns.set(column.name, column);
  for (const constraint of parent.constraints.values()) {
    if (constraint.kind !== 'check' && !table.isPartition) continue;
    // There are no rows yet that could offend it.
    table.constraints.set(constraint.name, { ...constraint, isValid: true });
  }
  if (table.isPartition) for (const index of parent.indexes.values()) copyIndex(state, table, index);
}

function copyLike(state: ModelState, table: TableState, name: RelationName | undefined): void {
  const source = name ? lookUp(state, state.tables, name) : undefined;
  if (!source) {
    table.isCertain = false;
    return;
  }
  for (const column of source.columns.values()) table.columns.set(column.name, column);
}

/** A view, or a table from a query: the columns are known only where the query names them. */
export function createFromQuery(
  state: ModelState,
  name: RelationName | undefined,
  options: {
    readonly kind: 'table' | 'view' | 'materialised view';
    readonly query: SqlNode | undefined;
    readonly replace?: boolean;
  },
): void {
  if (!name) return;
  const old = options.replace ? state.tables.get(qualify(state, name)) : undefined;
  const columns = outputColumns(options.query);
  const table = old ?? addTable(state, name, options.kind);
  table.isCertain = columns !== undefined;
  table.columns = new Map(
    (columns ?? []).map((column) => [column, { name: column, type: 'unknown', isNotNull: false, born: state.group }]),
  );
}

function outputColumns(query: SqlNode | undefined): readonly string[] | undefined {
  if (!query || !('SelectStmt' in query)) return undefined;
  const columns = (query.SelectStmt.targetList ?? []).map((item) =>
    'ResTarget' in item ? nameOfTarget(item.ResTarget) : undefined,
  );
  return columns.every((column) => column !== undefined) ? (columns as readonly string[]) : undefined;
}

function nameOfTarget(target: Extract<SqlNode, { ResTarget: unknown }>['ResTarget']): string | undefined {
  if (target.name !== undefined) return target.name;
  const last = target.val && 'ColumnRef' in target.val ? target.val.ColumnRef.fields?.at(-1) : undefined;
  return last && 'String' in last ? last.String.sval : undefined;
}

export function createIndex(state: ModelState, node: CreateIndex): void {
  const name = relationName(node.relation);
  const table = name ? lookUp(state, state.tables, name) : undefined;
  if (!name || !table) return;
  const columns = (node.indexParams ?? []).map((item) => ('IndexElem' in item ? (item.IndexElem.name ?? '') : ''));
  const expressions = (node.indexParams ?? []).map((item) => ('IndexElem' in item ? item.IndexElem.expr : undefined));
  const expressionColumns = columnsIn([...expressions, node.whereClause]);
  const middle = columns.map((column) => (column === '' ? 'expr' : column)).join('_');
  const own = node.idxname ?? freeName(table, middle);
  if (node.if_not_exists && table.indexes.has(own)) return;
  const reached =
    node.relation?.inh === true ? descendants(state, table.id).filter(({ isPartition }) => isPartition) : [];
  for (const [position, target] of [table, ...reached].entries()) {
    const indexName = position === 0 ? own : freeName(target, middle);
    const isUnique = node.unique === true;
    const isPartial = node.whereClause !== undefined;
    const isPlain = isPlainIndex(node);
    const index = { name: indexName, table: target.id, isUnique, columns, isPartial, isPlain, expressionColumns };
    target.indexes.set(indexName, date(state, index));
  }
}

/** The name that Postgres chooses for an index. */
function freeName(table: TableState, middle: string): string {
  let name = fitName(table.name, middle, 'idx');
  for (let count = 1; table.indexes.has(name); count += 1) name = fitName(table.name, middle, `idx${count}`);
  return name;
}

function isPlainIndex({ accessMethod, indexParams = [] }: CreateIndex): boolean {
  return (
    accessMethod === 'btree' &&
    indexParams.every((item) => {
      if (!('IndexElem' in item)) return false;
      const { name, opclass, collation, ordering } = item.IndexElem;
      return name !== undefined && !opclass && !collation && ordering === 'SORTBY_DEFAULT';
    })
  );
}

export function createTrigger(
  state: ModelState,
  node: Extract<SqlNode, { CreateTrigStmt: unknown }>['CreateTrigStmt'],
): void {
  const name = relationName(node.relation);
  const table = name ? lookUp(state, state.tables, name) : undefined;
  if (table && node.trigname !== undefined) table.triggers.add(node.trigname);
}
