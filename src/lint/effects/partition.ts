import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { ModelTable } from '../schema-model/schema-model.ts';
import { provesBound } from './partition-bound.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, storedTables } from './prediction.ts';
import { defaultPartition } from './resolve-locks.ts';

type PartitionCommand = Extract<SqlNode, { PartitionCmd: unknown }>['PartitionCmd'];
export type PartitionBound = NonNullable<PartitionCommand['bound']>;

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
  if (bound.is_default !== true) predictBesideDefault(prediction, parent);
}

function proves(table: ModelTable | undefined, bound: PartitionBound, parent: ModelTable | undefined): boolean {
  return table !== undefined && provesBound(table, bound, parent?.partitionKey ?? []);
}

/** A new partition takes a part of what went to the default one, which is read to see that nothing of it is there. */
export function predictBesideDefault(prediction: Prediction, parent: ResolvedRelation): void {
  const { schema, found } = prediction;
  for (const id of defaultPartition(schema, parent.id)) {
    const dot = id.indexOf('.');
    const relation = resolveRelation(prediction, { schema: id.slice(0, dot), name: id.slice(dot + 1) });
    if (relation) for (const { id: stored } of storedTables(schema, relation, 'partitions')) found.scan(stored);
  }
}
