import { OnwardError } from '../model/index.ts';
import { quoteLiteral, quoteName } from '../sql/index.ts';
import { PostgresError, type SqlParser } from '../system/index.ts';
import type { Engine } from './engine.ts';
import { indexDiffers, indexNotComparable, isConnectionLoss } from './errors.ts';
import { quoteRelation } from './find-holders.ts';
import {
  canonicalDefinition,
  type ExistingIndex,
  loadIndexes,
  parseIndexStatement,
  type WantedIndex,
} from './index-definition.ts';
import { emitProgress } from './progress.ts';
import { type ConcurrentWork, runConcurrently } from './run-concurrently.ts';
import { describePlace } from './statement-error.ts';

/** What there is of a wanted index. */
type IndexState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'building'; readonly pid: number }
  | { readonly kind: 'invalid'; readonly index: ExistingIndex }
  | { readonly kind: 'valid'; readonly index: ExistingIndex }
  | { readonly kind: 'other'; readonly index: ExistingIndex };

const POLL_MS = 250;
/** Longest wait for a build that another session, such as that of a killed run, is at. */
const BUILD_LIMIT_MS = 12 * 3_600_000;
const MAX_ATTEMPTS = 5;

/**
 * Makes an index exist and be valid, by `CREATE INDEX CONCURRENTLY`. What is there decides: nothing, it is built; a build by another session
 * is waited for; an invalid index is dropped concurrently and built again (`IF NOT EXISTS` would take it for good); a valid one with the
 * same definition is taken; one with another definition under that name is refused (`migrate.index-differs`). A build that fails is
 * cleaned up, because an invalid unique index would go on refusing rows.
 */
export async function buildIndex(engine: Engine, parser: SqlParser, work: ConcurrentWork): Promise<void> {
  const { statement } = work.planned;
  const wanted = parseIndexStatement(parser, statement.node, statement.text);
  if (!wanted) return runConcurrently(engine, work, statement.text);
  const deadline = engine.system.clock.monotonicMs() + BUILD_LIMIT_MS;
  for (let attempts = 0; ; ) {
    const state = await observeIndex(engine, wanted).catch((error: unknown) => {
      if (!(error instanceof PostgresError) || isConnectionLoss(error)) throw error;
      throw indexNotComparable(describePlace(work.file, statement), error, quoteName(engine.database));
    });
    switch (state.kind) {
      case 'valid':
        return;
      case 'other':
        throw indexDiffers(
          describePlace(work.file, statement),
          state.index.name,
          `wanted: ${statement.text}\nfound:  ${state.index.text}`,
        );
      case 'building':
        await emitProgress(engine, work.file.path, state.pid);
        if (engine.system.clock.monotonicMs() > deadline) return runConcurrently(engine, work, statement.text);
        await engine.system.clock.sleep(POLL_MS, engine.signal);
        break;
      case 'invalid':
        engine.emit({ type: 'migrate.invalid-index', path: work.file.path, index: state.index.name });
        await dropIndex(engine, wanted, state.index.name);
        break;
      case 'absent':
        attempts += 1;
        await build(engine, work, { wanted, isLast: attempts >= MAX_ATTEMPTS });
        // The server itself made up the name, and says that it is done.
        if (wanted.name === undefined) return;
        break;
    }
  }
}

async function build(
  engine: Engine,
  work: ConcurrentWork,
  { wanted, isLast }: { readonly wanted: WantedIndex; readonly isLast: boolean },
): Promise<void> {
  try {
    await runConcurrently(engine, work, work.planned.statement.text);
  } catch (error) {
    const cause = error instanceof OnwardError ? error.cause : undefined;
    if (!(cause instanceof PostgresError) || engine.connections.ddl.isLost) throw error;
    // Another session was faster (42P07), or a deadlock was solved at our cost: look again.
    if ((cause.code === '42P07' || cause.code === '40P01') && !isLast) return;
    await cleanUp(engine, wanted);
    throw error;
  }
}

async function cleanUp(engine: Engine, wanted: WantedIndex): Promise<void> {
  const state = await observeIndex(engine, wanted);
  // Best effort: when it fails, the next run finds the invalid index and drops it.
  if (state.kind === 'invalid') await dropIndex(engine, wanted, state.index.name).catch(() => {});
}

async function dropIndex(engine: Engine, wanted: WantedIndex, name: string): Promise<void> {
  const { rows } = await engine.connections.ddl.query<{ schema: string }>(
    `select n.nspname as schema from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.oid = pg_catalog.to_regclass(${quoteLiteral(quoteRelation(wanted.table))})`,
  );
  const schema = rows[0]?.schema ?? 'public';
  await engine.connections.ddl.query(`drop index concurrently if exists ${quoteName(schema)}.${quoteName(name)}`);
}

async function observeIndex(engine: Engine, wanted: WantedIndex): Promise<IndexState> {
  const { ddl } = engine.connections;
  const indexes = await loadIndexes(ddl, wanted.table);
  const candidates = indexes.filter(({ name }) => wanted.name === undefined || name === wanted.name);
  if (candidates.length === 0) return { kind: 'absent' };
  const definition = await canonicalDefinition(ddl, wanted);
  const index = candidates.find((candidate) => candidate.definition === definition);
  const found = index ?? (wanted.name === undefined ? undefined : candidates[0]);
  if (!found) return { kind: 'absent' };
  if (found.is_valid) return { kind: index ? 'valid' : 'other', index: found };
  const pid = await findBuilder(engine, found);
  return pid === undefined ? { kind: 'invalid', index: found } : { kind: 'building', pid };
}

/** The session that is building the index; when this role may not see which index that is, one that is building on its table. */
async function findBuilder(engine: Engine, index: ExistingIndex): Promise<number | undefined> {
  const { rows } = await engine.connections.ddl.query<{ pid: number }>(
    `select p.pid from pg_catalog.pg_stat_progress_create_index p
     where p.datname = pg_catalog.current_database() and p.pid <> pg_catalog.pg_backend_pid()
       and (p.index_relid = ${index.oid} or (p.index_relid is null and exists (
         select from pg_catalog.pg_locks l where l.pid = p.pid and l.granted and l.mode = 'ShareUpdateExclusiveLock'
           and l.relation = (select indrelid from pg_catalog.pg_index where indexrelid = ${index.oid}))))`,
  );
  return rows[0]?.pid;
}
