import { DEFAULT_PACING, type Pacing, type SqlDataMigration } from '../model/index.ts';
import { type ConnectionTarget, type LogEvent, PostgresError, type Session, type System } from '../system/index.ts';
import { assertDeclaration } from './check-declaration.ts';
import { assertDualWrite } from './dual-write/observe.ts';
import { isDualWriting } from './dual-write/render.ts';
import { batchFailed, connectionLost, isConnectionLoss, takenOver } from './errors.ts';
import { createProgress } from './progress.ts';
import type { ScopeChoice } from './scope/part.ts';
import { runParts } from './scope/run-parts.ts';
import { openSession } from './sessions.ts';
import { type Claim, claim, type Fence, type Release, releaseClaim } from './state.ts';
import { countWhenUnknown, loadTableKey } from './table-key.ts';
import { createThrottle } from './throttle/create-throttle.ts';
import { createRateLimit, type RateLimit } from './throttle/rate-limit.ts';
import { verifyDataMigration } from './verify.ts';

export interface RunDataMigrationOptions {
  readonly declared: SqlDataMigration;
  readonly target: ConnectionTarget;
  readonly release: string;
  readonly run: string;
  readonly fence: Fence;
  readonly onEvent?: (event: LogEvent) => void;
  /** Stops after the batch that is under way. */
  readonly signal?: AbortSignal;
  /** Goes through this part alone. */
  readonly scope?: ScopeChoice;
  readonly pacing?: Pacing;
  /** Shared by those that run at once; one of its own unless told. */
  readonly rate?: RateLimit;
  /** Awaited between batches, such as to be certain of the lease. */
  readonly beforeBatch?: () => Promise<void>;
}

export type DataMigrationOutcome =
  | { readonly kind: 'completed' }
  /** Every range was gone through, and the verification still counts rows. */
  | { readonly kind: 'failed'; readonly remaining: number }
  /** The part that was asked for is at its last key. What is left, and the verification, belong to a run without a scope. */
  | { readonly kind: 'part-completed' }
  | { readonly kind: 'paused' | 'cancelled' };

/**
 * Moves the rows of a data migration, from its cursor to the last key, and verifies it. Ends `completed` only when the verification counts
 * nothing. May be called again after any interruption: every batch is whole, with its counters, or not there.
 *
 * The schema `onward` must be there (createLedger), and the fence raised to the epoch. Throws `data-migrate.wrong-declaration`, `.no-table`,
 * `.no-key`, `.no-dual-write`, `.dual-write-disabled`, `.not-runnable`, `.fenced`,
 * `.taken-over`, `.batch-failed`, `.unknown-part`, `.scopes-refused`, `.verification-refused`, or the reason of the signal.
 */
export async function runDataMigration(
  system: System,
  options: RunDataMigrationOptions,
): Promise<DataMigrationOutcome> {
  const { declared, fence } = options;
  await assertDeclaration(declared);
  const worker = await openSession(system, options.target);
  try {
    const monitor = await openSession(system, options.target);
    try {
      const key = await countWhenUnknown(worker, await loadTableKey(worker, declared));
      // Before anything is taken over.
      if (isDualWriting(declared)) await assertDualWrite(worker, declared);
      const claimed: Claim = { id: declared.id, holder: system.random.hex(16), fence };
      const { release, run } = options;
      const passed = await claim(monitor, declared, { ...claimed, release, run, key });
      return await work(system, options, { worker, monitor, key, claimed, passed });
    } finally {
      await monitor.close();
    }
  } finally {
    await worker.close();
  }
}

interface Sessions {
  readonly worker: Session;
  readonly monitor: Session;
  readonly key: Awaited<ReturnType<typeof loadTableKey>>;
  readonly claimed: Claim;
  /** Rows that earlier runs went through since the first key. */
  readonly passed: number;
}

async function work(system: System, options: RunDataMigrationOptions, at: Sessions): Promise<DataMigrationOutcome> {
  const { worker, monitor, key, claimed, passed } = at;
  const { declared, pacing = DEFAULT_PACING, onEvent, signal, beforeBatch } = options;
  const { rate = createRateLimit(system.clock, pacing.rowsPerSecond) } = options;
  const finish = async (to: Release): Promise<void> => {
    if (!(await releaseClaim(monitor, claimed, to))) throw takenOver(claimed.id);
  };
  try {
    const emit = (event: LogEvent) => onEvent?.(event);
    const throttle = createThrottle({ clock: system.clock, session: monitor, declared, key, pacing, rate });
    const progress = createProgress({ clock: system.clock, id: declared.id, total: key.estimatedRows, passed, emit });
    const paced = { throttle, rate, progress, emit, signal, beforeBatch };
    const engine = { system, worker, monitor, key, declared, claim: claimed, ...paced };
    const ended = await runParts(engine, options.scope);
    if (ended !== 'end') {
      const status = ended === 'pause' ? 'paused' : 'cancelled';
      await finish({ status });
      return { kind: status };
    }
    if (options.scope) {
      await finish({ status: 'pending' });
      return { kind: 'part-completed' };
    }
    if (isDualWriting(declared)) await assertDualWrite(worker, declared);
    const remaining = await verifyDataMigration(worker, declared);
    await finish({ status: remaining === 0 ? 'completed' : 'failed', remaining });
    return remaining === 0 ? { kind: 'completed' } : { kind: 'failed', remaining };
  } catch (error) {
    // Interrupted work is pending, and what the server refused has failed; both go on at the cursor.
    const status = signal?.aborted === true || isConnectionLoss(error) ? 'pending' : 'failed';
    await releaseClaim(monitor, claimed, { status, error: (error as Error).message }).catch(() => {});
    if (isConnectionLoss(error)) throw connectionLost(declared.id, error);
    throw error instanceof PostgresError ? batchFailed(declared.id, error) : error;
  }
}
