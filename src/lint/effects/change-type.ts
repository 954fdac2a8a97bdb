import type { SqlNode } from '../../system/index.ts';
import { isMeasuredType, type TypeChange, typeChange } from '../facts/facts.ts';
import type { ColumnNode } from '../schema-model/columns.ts';
import { formatTypeName } from '../schema-model/type-name.ts';
import { type Prediction, type ResolvedRelation, rewriteTable } from './prediction.ts';
import { pairKey, parseTypeText } from './type-pair.ts';
import { unwrapDomain } from './user-type.ts';

/** What `ALTER COLUMN … TYPE` does to the tables that have the column. */
export function predictChangeType(
  prediction: Prediction,
  column: { readonly name: string; readonly def: ColumnNode },
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
    if (change === 'rewrite') rewriteTable(prediction, relation);
    else if (change !== undefined) checkAgain(prediction, { relation, column: column.name, change });
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
  if (source.text === target.text) return 'kept';
  const isMeasured = [source.text, target.text].every((text) => isMeasuredType(parseTypeText(text).base));
  if (isMeasured) return typeChange(pairKey(source.text, target.text), prediction);
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

/** The rows stay, but what was made for the old type is made again. */
function checkAgain(
  { found }: Prediction,
  { relation, column, change }: { relation: ResolvedRelation; column: string; change: TypeChange },
): void {
  const { table, id } = relation;
  if (change === 'index') {
    const isIndexed = [...(table?.indexes.values() ?? [])].some(({ columns }) => columns.includes(column));
    if (isIndexed) found.buildIndex(id);
  }
  const isChecked = [...(table?.constraints.values() ?? [])].some(
    ({ kind, columns, isValid }) => kind === 'check' && isValid && columns.includes(column),
  );
  if (isChecked) found.scan(id);
}
