import {
  detachedPartition,
  isReindexConcurrent,
  type LockMode,
  type RelationName,
  relationName,
  statementLocks,
} from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { KnownRelation, KnownRelations } from './known-relations.ts';

/** Locks that a statement's form says it takes on the relations that it names; `isComplete` is false when the form does not tell them all. */
export function formLocks(
  known: KnownRelations,
  node: SqlNode,
): { readonly locks: readonly (readonly [oid: number, mode: LockMode])[]; readonly isComplete: boolean } {
  const { targets, isKnown } = statementLocks(node);
  const wanted = [...targets, ...maintained(node).map((relation) => ({ relation, mode: MAINTENANCE }))];
  const found = wanted.map(({ relation, mode }) => ({ relation: findRelation(known, relation), mode }));
  return {
    locks: found.flatMap(({ relation, mode }) => (relation ? [[relation.table || relation.oid, mode] as const] : [])),
    isComplete: isKnown && wanted.length > 0 && found.every(({ relation }) => relation !== undefined),
  };
}

const MAINTENANCE: LockMode = 'ShareUpdateExclusiveLock';

/** What is held by the weak lock of maintenance, which the engine need not know about. */
function maintained(node: SqlNode): readonly RelationName[] {
  const name = (range: Parameters<typeof relationName>[0]) => {
    const found = relationName(range);
    return found ? [found] : [];
  };
  // Its second half locks the partition for good, but only once nobody uses it any more.
  const detached = detachedPartition(node);
  if (detached) return [detached];
  if ('ReindexStmt' in node && isReindexConcurrent(node)) return name(node.ReindexStmt.relation);
  if (!('VacuumStmt' in node)) return [];
  return (node.VacuumStmt.rels ?? []).flatMap((item) =>
    'VacuumRelation' in item ? name(item.VacuumRelation.relation) : [],
  );
}

function findRelation(known: KnownRelations, { schema = 'public', name }: RelationName): KnownRelation | undefined {
  return known.findByName(`${schema}.${name}`);
}
