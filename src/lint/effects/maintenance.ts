import { isReindexConcurrent, optionNames, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { formOutcome } from '../facts/facts.ts';
import { type Prediction, resolveRelation, rewriteTable, storedTables } from './prediction.ts';

type Statement<K extends string> = Extract<SqlNode, Record<K, unknown>>[K & keyof Extract<SqlNode, Record<K, unknown>>];

/** Statements that write or read a table whole without changing what it says. */
export function predictMaintenance(prediction: Prediction, node: SqlNode): void {
  if ('ReindexStmt' in node) predictReindex(prediction, node.ReindexStmt, isReindexConcurrent(node));
  else if ('ClusterStmt' in node) predictCluster(prediction, node.ClusterStmt);
  else if ('VacuumStmt' in node) predictVacuum(prediction, node.VacuumStmt);
  else if ('RefreshMatViewStmt' in node) predictRefresh(prediction, node.RefreshMatViewStmt);
  else if ('AlterTableMoveAllStmt' in node) prediction.found.unknown('which tables are in the tablespace');
  else if ('ExecuteStmt' in node) prediction.found.unknown('what the prepared statement does');
}

function predictReindex(prediction: Prediction, node: Statement<'ReindexStmt'>, isConcurrent: boolean): void {
  const { schema, found } = prediction;
  const mode = isConcurrent ? 'ShareUpdateExclusiveLock' : 'ShareLock';
  const name = relationName(node.relation);
  if (!name) {
    found.unknown('which tables have their indexes built again');
    return;
  }
  if (node.kind === 'REINDEX_OBJECT_INDEX') {
    const index = schema.findIndex(name);
    if (!index) return;
    found.lock(index.table, mode);
    found.buildIndex(index.table);
    return;
  }
  const relation = resolveRelation(prediction, name);
  if (!relation) return;
  for (const { id, table } of storedTables(schema, relation, 'partitions')) {
    found.lock(id, mode);
    if (!table || table.indexes.size > 0) found.buildIndex(id);
  }
}

function predictCluster(prediction: Prediction, node: Statement<'ClusterStmt'>): void {
  const relation = resolveRelation(prediction, relationName(node.relation));
  if (relation)
    for (const table of storedTables(prediction.schema, relation, 'partitions')) rewriteTable(prediction, table);
  else if (!node.relation) prediction.found.unknown('which tables were clustered before, and are written anew');
}

function predictVacuum(prediction: Prediction, node: Statement<'VacuumStmt'>): void {
  const { schema, found } = prediction;
  // Since Postgres 18 inheritors are vacuumed with their parent.
  const withHeirs = formOutcome('vacuum-full-parent', prediction.server)?.includes('rewrite heir') === true;
  const isFull = node.is_vacuumcmd === true && optionNames(node.options).includes('full');
  if (!node.rels && isFull) found.unknown('which tables there are: every one is written anew');
  for (const item of node.rels ?? []) {
    const range = 'VacuumRelation' in item ? item.VacuumRelation.relation : undefined;
    const relation = resolveRelation(prediction, relationName(range));
    if (!relation) continue;
    const reach = range?.inh !== true ? 'only' : withHeirs ? 'tree' : 'partitions';
    for (const table of storedTables(schema, relation, reach)) {
      found.lock(table.id, isFull ? 'AccessExclusiveLock' : 'ShareUpdateExclusiveLock');
      if (isFull) rewriteTable(prediction, table);
    }
    if (relation.table?.kind === 'partitioned' && !node.is_vacuumcmd)
      found.lock(relation.id, 'ShareUpdateExclusiveLock');
  }
}

/** Concurrently, the view's old rows are compared with the new ones and only those that differ are written. */
function predictRefresh(prediction: Prediction, node: Statement<'RefreshMatViewStmt'>): void {
  const relation = resolveRelation(prediction, relationName(node.relation));
  if (!relation) return;
  if (node.concurrent) prediction.found.scan(relation.id);
  else rewriteTable(prediction, relation);
}
