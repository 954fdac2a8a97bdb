import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { measuredLock } from '../facts/facts.ts';
import type { ModelConstraint, ModelIndex, ModelTable } from '../schema-model/schema-model.ts';
import { scanReferenced } from './constraint.ts';
import { type PartitionBound, provesBound } from './partition-bound.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, storedTables } from './prediction.ts';
import { defaultPartition, foreignKeys, tableName, tablesReferencing, withPartitioned } from './resolve-locks.ts';

type PartitionCommand = Extract<SqlNode, { PartitionCmd: unknown }>['PartitionCmd'];

/** `ATTACH PARTITION`: the rows of the new partition have to fit its bound, and none of the default partition's may. */
export function predictAttach(prediction: Prediction, parent: ResolvedRelation, command: PartitionCommand): void {
  const { schema, found } = prediction;
  const child = resolveRelation(prediction, relationName(command.name));
  const { bound } = command;
  if (!child || !bound) return;
  const isKnown = parent.table?.partitionKey !== undefined && child.table !== undefined;
  for (const part of storedTables(schema, child, 'partitions')) {
    if (isKnown && proves(part.table ?? child.table, bound, parent.table)) continue;
    if (!isKnown && !schema.isComplete)
      found.unknown(`whether a valid check proves that the rows of ${part.id} fit; without one all of it is read`);
    found.scan(part.id);
  }
  takeOver(prediction, parent, child);
  lockReferencing(prediction, parent, 'attach-referenced');
  if (bound.is_default !== true) predictBesideDefault(prediction, parent);
}

/**
 * Tables whose foreign keys point at a partitioned table, or at one above it: a partition that comes or goes takes a part of their keys with
 * it.
 */
export function lockReferencing(
  prediction: Prediction,
  parent: ResolvedRelation,
  form: 'attach-referenced' | 'create-partition-referenced' | 'detach-referenced',
): readonly string[] {
  const { schema, found } = prediction;
  const referencing = tablesReferencing(schema, withPartitioned(schema, parent.id));
  const mode = measuredLock(form, 'visits', prediction.server);
  for (const id of referencing) if (mode) found.lock(id, mode);
  return referencing;
}

/** `DETACH PARTITION`: no row of a referencing table may need one of those that go. Both are read. */
export function predictDetach(prediction: Prediction, parent: ResolvedRelation, command: PartitionCommand): void {
  const child = resolveRelation(prediction, relationName(command.name));
  if (!child || command.concurrent) return;
  const referencing = lockReferencing(prediction, parent, 'detach-referenced');
  if (referencing.length === 0) return;
  for (const id of [...referencing, child.id]) {
    const relation = resolveRelation(prediction, tableName(id));
    if (relation)
      for (const part of storedTables(prediction.schema, relation, 'partitions')) prediction.found.scan(part.id);
  }
}

/** A partition gets the indexes and foreign keys of its parent that it does not have. */
function takeOver(prediction: Prediction, parent: ResolvedRelation, child: ResolvedRelation): void {
  const { schema, found } = prediction;
  const parts = storedTables(schema, child, 'partitions');
  const indexes = [...(parent.table?.indexes.values() ?? [])];
  for (const { id, table } of parts) {
    const own = [...(table?.indexes.values() ?? [])];
    const isThere = (wanted: ModelIndex) =>
      own.some(({ columns, isUnique }) => isUnique === wanted.isUnique && String(columns) === String(wanted.columns));
    if (!indexes.every(isThere)) found.buildIndex(id);
    for (const key of foreignKeys(parent.table)) {
      const isTheir = ({ references, columns }: ModelConstraint) =>
        references === key.references && String(columns) === String(key.columns);
      if (foreignKeys(table).some(isTheir)) continue;
      found.scan(id);
      scanReferenced(prediction, resolveRelation(prediction, tableName(key.references)));
    }
  }
}

function proves(table: ModelTable | undefined, bound: PartitionBound, parent: ModelTable | undefined): boolean {
  return table !== undefined && provesBound(table, bound, parent?.partitionKey ?? []);
}

/** A new partition takes a part of what went to the default one, which is read to see that nothing of it is there. */
export function predictBesideDefault(prediction: Prediction, parent: ResolvedRelation): void {
  const { schema, found } = prediction;
  for (const id of defaultPartition(schema, parent.id)) {
    const relation = resolveRelation(prediction, tableName(id));
    if (relation) for (const { id: stored } of storedTables(schema, relation, 'partitions')) found.scan(stored);
  }
}
