import { PostgresError } from '../system/index.ts';
import type { BatchEngine } from './batch-engine.ts';
import { chooseNextRows, halveRows } from './batch-size.ts';
import { type BatchLimits, type BatchResult, runBatch } from './run-batch.ts';
import { noteFailedBatch } from './state.ts';
import { waitAfterRefusal, waitForMoment, waitForOthers } from './wait.ts';
import { watchWaiters } from './watch-waiters.ts';

/** The server gave the batch up: too slow, a deadlock, or a lock that somebody else holds. A smaller one may pass. */
const RETRIED = new Set(['57014', '40P01', '55P03', '40001']);
export const LOCK_TIMEOUT_MS = 500;
const SHORTEST_STATEMENT_TIMEOUT_MS = 1_000;
const LONGEST_STATEMENT_TIMEOUT_MS = 60_000;
/** Batches that are shorter share a look. */
const LOOK_EVERY_MS = 100;

/** Goes through the ranges until the last one, or until the operator asks to stop. Between batches, waits for as long as there is a reason. */
export async function runBatches(engine: BatchEngine): Promise<'end' | 'pause' | 'cancel'> {
  const { declared, system, rate, progress } = engine;
  const { targetMs } = declared.batch;
  let rows = Math.min(declared.batch.rows, rate.mostRows);
  let statementTimeoutMs = shortestTimeoutMs(declared);
  let failures = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    engine.signal?.throwIfAborted();
    await engine.beforeBatch?.();
    if (rate.waitMs() > LOOK_EVERY_MS || system.clock.monotonicMs() - lookedAt >= LOOK_EVERY_MS) {
      const wish = await waitForMoment(engine);
      if (wish !== undefined) return wish;
      lookedAt = system.clock.monotonicMs();
    } else if (rate.waitMs() > 0) await system.clock.sleep(rate.waitMs(), engine.signal);
    const startedAt = system.clock.monotonicMs();
    const attempt = await attemptBatch(engine, { rows, statementTimeoutMs, lockTimeoutMs: LOCK_TIMEOUT_MS });
    const ms = system.clock.monotonicMs() - startedAt;
    if (attempt.kind === 'refused') {
      if (attempt.code === '57014' && rows === 1 && statementTimeoutMs >= LONGEST_STATEMENT_TIMEOUT_MS)
        throw attempt.error;
      if (attempt.code === '57014' && rows === 1) statementTimeoutMs *= 2;
      rows = halveRows(rows);
      failures += 1;
      const wish = await waitAfterRefusal(engine, { code: attempt.code, failures });
      if (wish !== undefined) return wish;
      continue;
    }
    failures = 0;
    if (attempt.kind !== 'done') return attempt.kind;
    progress.add(attempt);
    rate.note(attempt.scanned);
    if (attempt.isLast) return 'end';
    rows = Math.min(chooseNextRows(rows, { ms, targetMs }), rate.mostRows);
    if (attempt.waiters > 0) {
      rows = halveRows(rows);
      await waitForOthers(engine, { waiters: attempt.waiters, ms });
    }
  }
}

/** How long a batch may take before it is rolled back. */
export function shortestTimeoutMs({ batch }: BatchEngine['declared']): number {
  return Math.max(SHORTEST_STATEMENT_TIMEOUT_MS, batch.targetMs * 4);
}

type Attempt =
  | (Extract<BatchResult, { kind: 'done' }> & { readonly waiters: number })
  | Exclude<BatchResult, { kind: 'done' }>
  | { readonly kind: 'refused'; readonly code: string; readonly error: PostgresError };

/** One batch, watched: who waits for it is counted while it runs. */
async function attemptBatch(engine: BatchEngine, limits: BatchLimits): Promise<Attempt> {
  const { worker, declared, key, claim, monitor } = engine;
  const watching = watchWaiters(engine);
  try {
    const result = await runBatch(worker, { declared, key, claim, limits });
    const waiters = await watching.stop();
    return result.kind === 'done' ? { ...result, waiters } : result;
  } catch (error) {
    await watching.stop();
    if (!(error instanceof PostgresError) || !RETRIED.has(error.code)) throw error;
    await noteFailedBatch(monitor, claim);
    engine.emit({
      type: 'data.batch-refused',
      id: declared.id,
      rows: limits.rows,
      code: error.code,
      reason: error.message,
    });
    return { kind: 'refused', code: error.code, error };
  }
}
