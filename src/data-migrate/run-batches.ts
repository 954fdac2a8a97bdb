import { PostgresError } from '../system/index.ts';
import type { BatchEngine } from './batch-engine.ts';
import { chooseNextRows, halveRows } from './batch-size.ts';
import { observeWish } from './observe-wish.ts';
import { createProgress } from './progress.ts';
import { type BatchLimits, type BatchResult, runBatch } from './run-batch.ts';
import { noteFailedBatch, noteWaiting } from './state.ts';
import { countWaiters, observeReason } from './throttle.ts';

/** The server gave the batch up: too slow, a deadlock, or a lock that somebody else holds. A smaller one may pass. */
const RETRIED = new Set(['57014', '40P01', '55P03', '40001']);
const LOCK_TIMEOUT_MS = 500;
const SHORTEST_STATEMENT_TIMEOUT_MS = 1_000;
const LONGEST_STATEMENT_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 250;
const FIRST_LOOK_MS = 20;
const LONGEST_PAUSE_MS = 5_000;

/** Goes through the ranges until the last one, or until the operator asks to stop. Between batches, waits for as long as there is a reason. */
export async function runBatches(engine: BatchEngine): Promise<'end' | 'pause' | 'cancel'> {
  const { declared, system } = engine;
  const { targetMs } = declared.batch;
  const progress = createProgress(engine);
  let { rows } = declared.batch;
  let statementTimeoutMs = Math.max(SHORTEST_STATEMENT_TIMEOUT_MS, targetMs * 4);
  let failures = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    engine.signal?.throwIfAborted();
    await engine.beforeBatch?.();
    if (system.clock.monotonicMs() - lookedAt >= LOOK_EVERY_MS) {
      const wish = await waitForMoment(engine);
      if (wish !== undefined) return wish;
      lookedAt = system.clock.monotonicMs();
    }
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
    if (attempt.isLast) return 'end';
    rows = chooseNextRows(rows, { ms, targetMs });
    if (attempt.waiters > 0) {
      // As long for them as it was for us.
      rows = halveRows(rows);
      await note(engine, `${attempt.waiters} sessions that waited for rows of the last batch`);
      await system.clock.sleep(Math.min(ms, LONGEST_PAUSE_MS), engine.signal);
    }
  }
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

/** The most sessions that were seen waiting for the worker at one time. Short batches end before the first look. */
function watchWaiters({ system, monitor, worker }: BatchEngine): { stop(): Promise<number> } {
  const stopped = new AbortController();
  const watch = async (): Promise<number> => {
    let most = 0;
    try {
      for (let pause = FIRST_LOOK_MS; ; pause = LOOK_EVERY_MS / 5) {
        await system.clock.sleep(pause, stopped.signal);
        most = Math.max(most, await countWaiters(monitor, worker.backendPid));
      }
    } catch (error) {
      if (stopped.signal.aborted) return most;
      throw error;
    }
  };
  const watching = watch();
  // Told by `stop`; until then nobody listens.
  watching.catch(() => {});
  return {
    stop() {
      stopped.abort(new Error('The batch has ended'));
      return watching;
    },
  };
}

/** Waits while there is a reason to; the wish that ended the wait, if one did. */
async function waitForMoment(engine: BatchEngine): Promise<'pause' | 'cancel' | undefined> {
  const { system, monitor, claim, oldSnapshotMs } = engine;
  let told: string | undefined;
  for (;;) {
    const reason = await observeReason(monitor, { oldSnapshotMs });
    if (reason === undefined) {
      if (told !== undefined) await noteWaiting(monitor, claim, undefined);
      return undefined;
    }
    if (reason !== told) await note(engine, reason);
    told = reason;
    const wish = await observeWish(monitor, claim);
    if (wish !== undefined) return wish;
    await engine.beforeBatch?.();
    await system.clock.sleep(LOOK_EVERY_MS, engine.signal);
  }
}

/** Longer after each refusal in a row, and never longer than five seconds. */
async function waitAfterRefusal(
  engine: BatchEngine,
  refusal: { readonly code: string; readonly failures: number },
): Promise<'pause' | 'cancel' | undefined> {
  const { system } = engine;
  if (refusal.code === '55P03') await note(engine, 'rows that another session has locked');
  const until = system.clock.monotonicMs() + Math.min(LONGEST_PAUSE_MS, 10 * 2 ** refusal.failures);
  do {
    const wish = await observeWish(engine.monitor, engine.claim);
    if (wish !== undefined) return wish;
    await system.clock.sleep(Math.min(LOOK_EVERY_MS, Math.max(1, until - system.clock.monotonicMs())), engine.signal);
  } while (system.clock.monotonicMs() < until);
  return undefined;
}

async function note({ monitor, claim, emit, declared }: BatchEngine, reason: string): Promise<void> {
  await noteWaiting(monitor, claim, reason);
  emit({ type: 'data.waiting', id: declared.id, what: reason });
}
