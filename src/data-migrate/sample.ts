import { DEFAULT_PACING, type Pacing, type SqlDataMigration } from '../model/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../system/index.ts';
import { assertDeclaration } from './check-declaration.ts';
import { isConnectionLoss } from './errors.ts';
import { type Forecast, forecastWork } from './forecast.ts';
import { observeDataMigration } from './observe.ts';
import { type KeyRange, renderChange, renderCountOld } from './render-sql.ts';
import { findRange } from './run-batch.ts';
import { LOCK_TIMEOUT_MS, shortestTimeoutMs } from './run-batches.ts';
import { openSession } from './sessions.ts';
import { loadTableKey, type TableKey } from './table-key.ts';

/** What a dry run found. */
export interface DryRun {
  /** By the table's statistics; `undefined` when it was never analysed. */
  readonly estimatedRows: number | undefined;
  /** Rows of the first range, and those of them in the old shape. */
  readonly sampledRows: number;
  readonly oldRows: number;
  /** How the change of the first range went, which was rolled back; absent when there are no rows, or nobody can try. */
  readonly trial?: Trial;
}

export type Trial =
  | { readonly kind: 'done'; readonly ms: number; readonly changed: number; readonly forecast?: Forecast }
  /** The server would not, in its words: it took too long, a row was locked, or a row cannot be changed so. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Checks the declaration against the database, looks at the first range, and makes its change in a transaction that is rolled back. That
 * changes nothing, but is not without trace: it leaves dead rows behind, sequences stay moved, and what triggers do outside of the
 * database is done.
 */
export async function sampleDataMigration(
  system: System,
  options: { readonly target: ConnectionTarget; readonly declared: SqlDataMigration; readonly pacing?: Pacing },
): Promise<DryRun> {
  const { target, declared, pacing = DEFAULT_PACING } = options;
  await assertDeclaration(declared);
  const session = await openSession(system, target);
  try {
    const key = await loadTableKey(session, declared);
    const { estimatedRows } = key;
    const range = await lookAtRange(session, declared, key);
    if (!range) return { estimatedRows, sampledRows: 0, oldRows: 0 };
    const { sampledRows, oldRows } = range;
    const trial = await tryChange(system, session, { declared, key, range: range.keys });
    const sampled = { estimatedRows, sampledRows, oldRows };
    if (trial.kind === 'refused' || estimatedRows === undefined) return { ...sampled, trial };
    const { progress } = await observeDataMigration(session, declared.id);
    const rowsLeft = estimatedRows * (1 - (progress?.share ?? 0));
    const nowMs = system.clock.now().getTime();
    const forecast = forecastWork({ rows: sampledRows, ms: trial.ms }, { rowsLeft, pacing, nowMs });
    return { ...sampled, trial: { ...trial, forecast } };
  } finally {
    await session.close();
  }
}

interface LookedAt {
  readonly keys: KeyRange;
  readonly sampledRows: number;
  readonly oldRows: number;
}

async function lookAtRange(session: Session, declared: SqlDataMigration, key: TableKey): Promise<LookedAt | undefined> {
  return session.transaction(async () => {
    await session.query('set transaction isolation level repeatable read, read only');
    const found = await findRange(session, key, { after: undefined, rows: declared.batch.rows });
    if (!found) return undefined;
    const count = renderCountOld(declared, key, found.range);
    const { rows } = await session.query<{ rows: string }>(count.sql, count.values);
    return { keys: found.range, sampledRows: found.rows, oldRows: Number(rows[0]?.rows ?? 0) };
  });
}

/** With the limits that a first batch has. */
async function tryChange(
  { clock }: System,
  session: Session,
  what: { readonly declared: SqlDataMigration; readonly key: TableKey; readonly range: KeyRange },
): Promise<Trial> {
  const { declared, key, range } = what;
  const change = renderChange(declared, key, range);
  await session.query('begin');
  try {
    const timeoutMs = shortestTimeoutMs(declared);
    await session.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local statement_timeout = ${timeoutMs}`);
    const startedAt = clock.monotonicMs();
    const { count } = await session.query(change.sql, change.values);
    return { kind: 'done', ms: Math.max(1, Math.round(clock.monotonicMs() - startedAt)), changed: count };
  } catch (error) {
    const refusal = error instanceof PostgresError ? error : undefined;
    if (!refusal || isConnectionLoss(error)) throw error;
    return { kind: 'refused', reason: refusal.message };
  } finally {
    if (!session.isLost) await session.query('rollback');
  }
}
