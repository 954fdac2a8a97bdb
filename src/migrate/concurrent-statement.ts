import {
  detachedPartition,
  quoteLiteral,
  quoteName,
  type RelationName,
  relationFromParts,
  relationName,
} from '../sql/index.ts';
import type { SqlParser } from '../system/index.ts';
import { buildIndex } from './build-index.ts';
import type { Engine } from './engine.ts';
import { quoteRelation } from './find-holders.ts';
import { type ConcurrentWork, runConcurrently } from './run-concurrently.ts';

/**
 * Runs one of the statements that wait for other transactions while nobody waits for them, without any time limit (a limit would leave an
 * invalid index behind). What is there decides what is done, so each of them can be run again after any interruption.
 */
export async function applyConcurrently(engine: Engine, parser: SqlParser, work: ConcurrentWork): Promise<void> {
  const { node } = work.planned.statement;
  const { ddl } = engine.connections;
  await ddl.query('set lock_timeout = 0; set statement_timeout = 0');
  if ('IndexStmt' in node) return buildIndex(engine, parser, work);
  if (work.isResumed && 'DropStmt' in node && (await isDropped(engine, work))) return;
  if (work.isResumed && 'ReindexStmt' in node) await dropLeftovers(engine, relationName(node.ReindexStmt.relation));
  if (work.isResumed && 'AlterTableStmt' in node) {
    const state = await detachState(engine, work);
    if (state === 'detached') return;
    if (state === 'pending') return runConcurrently(engine, work, await renderFinalize(engine, work));
  }
  return runConcurrently(engine, work, work.planned.statement.text);
}

async function isDropped(engine: Engine, { planned }: ConcurrentWork): Promise<boolean> {
  const { node } = planned.statement;
  const objects = 'DropStmt' in node ? (node.DropStmt.objects ?? []) : [];
  const names = objects.flatMap((object) => ('List' in object ? [relationFromParts(object.List.items)] : []));
  for (const name of names) {
    if (!name) continue;
    const { rows } = await engine.connections.ddl.query<{ oid: number | null }>(
      `select pg_catalog.to_regclass(${quoteLiteral(quoteRelation(name))})::oid as oid`,
    );
    if (rows[0]?.oid !== null) return false;
  }
  return true;
}

/** A `REINDEX CONCURRENTLY` that ends early leaves invalid copies, which slow writers down and are of no use. */
async function dropLeftovers(engine: Engine, relation: RelationName | undefined): Promise<void> {
  const { ddl } = engine.connections;
  // A whole schema or database: copies there may belong to others.
  if (!relation) return;
  const name = quoteLiteral(quoteRelation(relation));
  const { rows } = await ddl.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
     from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where i.indrelid = coalesce((select indrelid from pg_catalog.pg_index where indexrelid = pg_catalog.to_regclass(${name})),
                                 pg_catalog.to_regclass(${name}))
       and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and n.nspname !~ '^pg_toast'
       and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = c.oid)`,
  );
  for (const { schema, name } of rows) {
    await ddl.query(`drop index concurrently if exists ${quoteName(schema)}.${quoteName(name)}`);
  }
}

async function detachState(engine: Engine, { planned }: ConcurrentWork): Promise<'attached' | 'pending' | 'detached'> {
  const partition = detachedPartition(planned.statement.node);
  if (!partition) return 'attached';
  const { rows } = await engine.connections.ddl.query<{ pending: boolean }>(
    `select inhdetachpending as pending from pg_catalog.pg_inherits
     where inhrelid = pg_catalog.to_regclass(${quoteLiteral(quoteRelation(partition))})`,
  );
  const [row] = rows;
  return !row ? 'detached' : row.pending ? 'pending' : 'attached';
}

async function renderFinalize(engine: Engine, { planned }: ConcurrentWork): Promise<string> {
  const partition = detachedPartition(planned.statement.node);
  const name = partition ? quoteRelation(partition) : '';
  const { rows } = await engine.connections.ddl.query<{ parent: string }>(
    `select inhparent::pg_catalog.regclass::text as parent from pg_catalog.pg_inherits
     where inhrelid = pg_catalog.to_regclass(${quoteLiteral(name)})`,
  );
  return `alter table ${rows[0]?.parent} detach partition ${name} finalize`;
}
