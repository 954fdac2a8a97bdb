import { relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { lockReferencing, predictBesideDefault } from './partition.ts';
import { type Prediction, resolveRelation, storedTables } from './prediction.ts';
import { relationOf, tableName, tablesOfType } from './resolve-locks.ts';

type Statement<K extends string> = Extract<SqlNode, Record<K, unknown>>[K & keyof Extract<SqlNode, Record<K, unknown>>];

/** A new partition: the default one beside it is read. The new table itself has no rows. */
export function predictCreateTable(prediction: Prediction, node: Statement<'CreateStmt'>): void {
  if (!node.partbound) return;
  for (const item of node.inhRelations ?? []) {
    const parent = resolveRelation(prediction, relationOf(item));
    if (!parent) continue;
    lockReferencing(prediction, parent, 'create-partition-referenced');
    if (!node.partbound.is_default) predictBesideDefault(prediction, parent);
  }
}

/** `CREATE INDEX`, also of every partition unless `ONLY` says otherwise. */
export function predictIndex(prediction: Prediction, node: Statement<'IndexStmt'>): void {
  const { schema, found } = prediction;
  const name = relationName(node.relation);
  const relation = resolveRelation(prediction, name);
  if (!relation) return;
  if (node.if_not_exists && node.idxname !== undefined && schema.findIndex({ name: node.idxname })) return;
  for (const { id } of storedTables(schema, relation, node.relation?.inh === true ? 'partitions' : 'only')) {
    found.buildIndex(id);
  }
}

export function predictDrop(prediction: Prediction, node: Statement<'DropStmt'>): void {
  const { found } = prediction;
  if (node.behavior === 'DROP_CASCADE') found.unknown('what else the CASCADE drops, and on which tables');
  else if (node.removeType === 'OBJECT_EXTENSION') found.unknown('what the extension has made');
  if (node.removeType !== 'OBJECT_TABLE') return;
  for (const object of node.objects ?? []) {
    const name = relationFromParts('List' in object ? object.List.items : undefined);
    const relation = resolveRelation(prediction, name);
    if (relation && !relation.table) found.unknown(`which foreign keys of other tables ${relation.id} takes part in`);
  }
}

/** A new check of a domain, or one that is validated, reads every table that has a column of it. */
export function predictDomain(prediction: Prediction, node: Statement<'AlterDomainStmt'>): void {
  const name = relationFromParts(node.typeName);
  const { def, subtype } = node;
  const isLater = def !== undefined && 'Constraint' in def && def.Constraint.skip_validation === true;
  if (!name || isLater || !['C', 'O', 'V'].includes(subtype ?? '')) return;
  for (const id of tablesOfType(prediction, name)) {
    const relation = resolveRelation(prediction, tableName(id));
    if (relation?.table?.kind !== 'partitioned') prediction.found.scan(id);
  }
}
