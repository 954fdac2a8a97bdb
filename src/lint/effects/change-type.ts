import type { SqlNode } from '../../system/index.ts';
import { isMeasuredType, type TypeChange, typeChange } from '../facts/facts.ts';
import { pairKey, parseTypeText } from '../facts/type-pair.ts';
import type { ColumnNode } from '../schema-model/columns.ts';
import { names } from '../schema-model/constraints.ts';
import type { ModelTable } from '../schema-model/schema-model.ts';
import { formatTypeName } from '../schema-model/type-name.ts';
import { scanReferenced } from './constraint.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, rewriteTable } from './prediction.ts';
import { foreignKeys, tableName, tablesReferencing } from './resolve-locks.ts';
import { unwrapDomain } from './user-type.ts';

/** What `ALTER COLUMN … TYPE` does to the tables that have the column. */
export function predictChangeType(
  prediction: Prediction,
  column: { readonly table: string; readonly name: string; readonly def: ColumnNode },
  tables: readonly ResolvedRelation[],
): void {
  const { found } = prediction;
  const to = formatTypeName(column.def.typeName);
  for (const relation of tables) {
    const old = relation.table?.columns.get(column.name);
    if (!old || old.type === 'unknown') {
      found.unknown(`whether the rows of ${relation.id} are written anew: the type of ${column.name} is not known`);
      continue;
    }
    const change = changeOf(prediction, { from: old.type, to, using: column.def.raw_default, name: column.name });
    if (change === undefined) found.unknown(`whether ${relation.id} is written anew to make ${old.type} ${to}`);
    const isCollated = (names(column.def.collClause?.collname).at(-1) ?? 'default') !== (old.collation ?? 'default');
    if (change === 'rewrite') rewriteTable(prediction, relation);
    else
      checkAgain(prediction, {
        relation,
        named: column.table,
        column: column.name,
        isOrdered: change === 'index' || isCollated,
      });
    const isOther = parseTypeText(old.type).base !== parseTypeText(to).base && change !== 'kept';
    joinAgain(prediction, { relation, column: column.name, isOther });
  }
}

interface Change {
  readonly from: string;
  readonly to: string;
  readonly using: SqlNode | undefined;
  readonly name: string;
}

function changeOf(prediction: Prediction, { from, to, using, name }: Change): TypeChange | undefined {
  if (using && !isPlainCast(using, name, to)) return 'rewrite';
  if (from === to) return 'kept';
  const source = unwrapDomain(prediction, from);
  const target = unwrapDomain(prediction, to);
  if (target.isConstrained) return 'rewrite';
  // What comes out of a domain has forgotten its length and precision.
  const before = source.text === from ? from : parseTypeText(source.text).base;
  if (before === target.text) return 'kept';
  const isMeasured = [before, target.text].every((text) => isMeasuredType(parseTypeText(text).base));
  if (isMeasured) return typeChange(pairKey(before, target.text), prediction);
  const isUsers = [source, target].some(({ type }) => type !== undefined && type !== 'unknown');
  return isUsers ? 'rewrite' : undefined;
}

/** `USING col` and `USING col::type` say no more than what is done without them. */
function isPlainCast(using: SqlNode, name: string, to: string): boolean {
  if ('TypeCast' in using) {
    const { arg, typeName } = using.TypeCast;
    return arg !== undefined && formatTypeName(typeName) === to && isPlainCast(arg, name, to);
  }
  if (!('ColumnRef' in using)) return false;
  const last = using.ColumnRef.fields?.at(-1);
  return last !== undefined && 'String' in last && last.String.sval === name;
}

interface Kept {
  readonly relation: ResolvedRelation;
  /** The table that the statement names. */
  readonly named: string;
  readonly column: string;
  /** The order of values may be another one. */
  readonly isOrdered: boolean;
}

/** The rows stay, but what was made for the old type is made again. */
function checkAgain({ found, schema }: Prediction, { relation, named, column, isOrdered }: Kept): void {
  const { table, id } = relation;
  // A partition's part of an index is built again with the whole, which has no storage to keep.
  const above =
    table?.isPartition && id !== named ? [...(schema.findTable(tableName(named))?.indexes.values() ?? [])] : [];
  if (above.some(({ columns }) => columns.includes(column))) found.buildIndex(id);
  for (const { columns, expressionColumns = [], isPartial } of table?.indexes.values() ?? []) {
    const isUsed = columns.includes(column) || expressionColumns.includes(column);
    // Whether an expression still gives the same is not looked into.
    if (isUsed && (isOrdered || isPartial || columns.includes(''))) found.buildIndex(id);
  }
  const isChecked = [...(table?.constraints.values() ?? [])].some(
    ({ kind, columns, isValid }) => kind === 'check' && isValid && columns.includes(column),
  );
  if (isChecked) found.scan(id);
}

interface Joined {
  readonly relation: ResolvedRelation;
  readonly column: string;
  /** The values are compared by another operator from now on. */
  readonly isOther: boolean;
}

/** Foreign keys of the column and to it are made again; with another operator, both sides are read. */
function joinAgain(prediction: Prediction, { relation, column, isOther }: Joined): void {
  const { schema, found } = prediction;
  const { table, id } = relation;
  if (!table) return;
  const scan = (other: string): void => {
    const target = resolveRelation(prediction, tableName(other));
    if (isOther) scanReferenced(prediction, target);
  };
  for (const key of foreignKeys(table)) {
    if (!key.columns.includes(column) || !key.isValid) continue;
    if (isOther) found.scan(id);
    scan(key.references);
  }
  for (const other of tablesReferencing(schema, [id])) {
    const its = schema.findTable(tableName(other));
    const isKey = foreignKeys(its).some(
      ({ references, referencedColumns }) =>
        references === id && (referencedColumns ?? primaryKey(table)).includes(column),
    );
    if (!its || !isKey) continue;
    found.lock(other, 'AccessExclusiveLock');
    scan(other);
    if (isOther) found.scan(id);
  }
}

function primaryKey(table: ModelTable): readonly string[] {
  return [...table.constraints.values()].find(({ kind }) => kind === 'primary key')?.columns ?? [];
}
