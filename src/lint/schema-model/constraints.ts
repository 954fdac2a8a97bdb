import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { ModelConstraint } from './schema-model.ts';
import { date, lookUp, type ModelState, qualify, type TableState } from './state.ts';

export type ConstraintNode = Extract<SqlNode, { Constraint: unknown }>['Constraint'];

const KINDS: Readonly<Record<string, ModelConstraint['kind']>> = {
  CONSTR_CHECK: 'check',
  CONSTR_NOTNULL: 'not null',
  CONSTR_PRIMARY: 'primary key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_FOREIGN: 'foreign key',
  CONSTR_EXCLUSION: 'exclude',
};

/** Adds a constraint of a table, or of a column when `column` is named, with the index that comes with it. */
export function addConstraint(state: ModelState, table: TableState, node: ConstraintNode, column?: string): void {
  const kind = KINDS[node.contype ?? ''];
  if (kind === undefined) return;
  const listed = names(node.keys ?? node.fk_attrs);
  const fromIndex = node.indexname === undefined ? undefined : table.indexes.get(node.indexname);
  const columns = column === undefined ? (fromIndex?.columns ?? checked(node) ?? listed) : [column];
  if (kind === 'not null' || kind === 'primary key') {
    // Not valid, it binds new rows only: old ones may still be null.
    if (node.skip_validation !== true) for (const name of columns) setNotNull(table, name);
  }
  const name = node.conname ?? node.indexname ?? chooseName(table, kind, columns);
  const target = relationName(node.pktable);
  const references = target ? (lookUp(state, state.tables, target)?.id ?? qualify(state, target)) : undefined;
  const referencedColumns = names(node.pk_attrs);
  table.constraints.set(name, {
    name,
    kind,
    columns,
    isValid: node.skip_validation !== true,
    born: state.group,
    provesNotNull: kind === 'check' ? notNullColumns(node.raw_expr) : kind === 'not null' ? columns : [],
    ...(kind === 'check' && node.raw_expr ? { expression: node.raw_expr } : {}),
    ...(references === undefined ? {} : { references }),
    ...(referencedColumns.length === 0 ? {} : { referencedColumns }),
  });
  if (kind !== 'primary key' && kind !== 'unique' && kind !== 'exclude') return;
  if (node.indexname !== undefined) table.indexes.delete(node.indexname);
  const isPartial = node.where_clause !== undefined;
  const isUnique = kind !== 'exclude';
  const index = { name, table: table.id, isUnique, columns, isPartial, isPlain: isUnique, constraint: name };
  table.indexes.set(name, date(state, index));
}

export function setNotNull(table: TableState, column: string): void {
  const found = table.columns.get(column);
  if (found) table.columns.set(column, { ...found, isNotNull: true });
}

export function names(nodes: readonly SqlNode[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** The name that Postgres chooses (`ChooseIndexName`, `ChooseConstraintName`), cut as it cuts. */
function chooseName(table: TableState, kind: ModelConstraint['kind'], columns: readonly string[]): string {
  const suffix = {
    check: 'check',
    'not null': 'not_null',
    'primary key': 'pkey',
    unique: 'key',
    'foreign key': 'fkey',
    exclude: 'excl',
  }[kind];
  const middle = kind === 'primary key' ? '' : columns.join('_');
  const base = fitName(table.name, middle, suffix);
  let name = base;
  for (let count = 1; table.constraints.has(name); count += 1) name = fitName(table.name, middle, `${suffix}${count}`);
  return name;
}

const LONGEST_NAME = 63;

/** `makeObjectName`: the longer of the first two parts gives way. */
export function fitName(first: string, second: string, suffix: string): string {
  const overhead = suffix.length + 1 + (second === '' ? 0 : 1);
  let a = first.length;
  let b = second.length;
  while (a + b > LONGEST_NAME - overhead) {
    if (a > b) a -= 1;
    else b -= 1;
  }
  const start = second === '' ? first.slice(0, a) : `${first.slice(0, a)}_${second.slice(0, b)}`;
  return suffix === '' ? start : `${start}_${suffix}`;
}

/** Columns that a check names. */
function checked(node: ConstraintNode): readonly string[] | undefined {
  return node.contype === 'CONSTR_CHECK' && node.raw_expr ? columnsIn(node.raw_expr) : undefined;
}

/** Columns that an expression names. */
export function columnsIn(expression: unknown): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('ColumnRef' in value) {
      const fields = (value as Extract<SqlNode, { ColumnRef: unknown }>).ColumnRef.fields;
      const name = names(fields).at(-1);
      if (name !== undefined) found.add(name);
    }
    for (const part of Object.values(value)) visit(part);
  };
  visit(expression);
  return [...found];
}

/** Columns that a condition proves to be not null: `x IS NOT NULL`, also several of them joined by AND. */
export function notNullColumns(node: SqlNode | undefined): readonly string[] {
  if (!node) return [];
  if ('NullTest' in node && node.NullTest.nulltesttype === 'IS_NOT_NULL') {
    const { arg } = node.NullTest;
    const name = arg && 'ColumnRef' in arg ? names(arg.ColumnRef.fields).at(-1) : undefined;
    return name === undefined ? [] : [name];
  }
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') {
    return (node.BoolExpr.args ?? []).flatMap((part) => notNullColumns(part));
  }
  return [];
}
