import { relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { descendants, type Prediction, resolveRelation } from './prediction.ts';
import { relationOf } from './resolve-locks.ts';

/** Locks that let an application go on and hold up maintenance and other schema changes only. */
export function predictWeakLocks(prediction: Prediction, node: SqlNode): void {
  const { schema, found } = prediction;
  for (const name of weaklyLocked(node)) {
    const relation = resolveRelation(prediction, name);
    if (relation) found.lock(relation.id, 'ShareUpdateExclusiveLock');
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_STATISTIC_EXT') {
    found.unknown('which table the statistics are of; it is locked for a moment against maintenance');
  }
  if ('CreatePublicationStmt' in node && node.CreatePublicationStmt.for_all_tables) return;
  for (const name of publishedTables(node)) {
    const relation = resolveRelation(prediction, name.relation);
    if (!relation) continue;
    found.lock(relation.id, 'ShareUpdateExclusiveLock');
    if (name.isHandedDown)
      for (const { id } of descendants(schema, relation.id)) found.lock(id, 'ShareUpdateExclusiveLock');
  }
}

type Name = ReturnType<typeof relationName>;

function weaklyLocked(node: SqlNode): readonly Name[] {
  if ('CommentStmt' in node) {
    const { object, objtype } = node.CommentStmt;
    const parts = object && 'List' in object ? object.List.items : undefined;
    if (objtype === 'OBJECT_COLUMN') return [relationFromParts(parts?.slice(0, -1))];
    return RELATIONS.has(objtype ?? '') ? [relationFromParts(parts)] : [];
  }
  if ('CreateStatsStmt' in node) return (node.CreateStatsStmt.relations ?? []).map(relationOf);
  return [];
}

const RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE', 'OBJECT_SEQUENCE']);

function publishedTables(node: SqlNode): readonly { readonly relation: Name; readonly isHandedDown: boolean }[] {
  const objects =
    'CreatePublicationStmt' in node
      ? node.CreatePublicationStmt.pubobjects
      : 'AlterPublicationStmt' in node
        ? node.AlterPublicationStmt.pubobjects
        : [];
  return (objects ?? []).flatMap((item) => {
    const range = 'PublicationObjSpec' in item ? item.PublicationObjSpec.pubtable?.relation : undefined;
    return range ? [{ relation: relationName(range), isHandedDown: range.inh === true }] : [];
  });
}
