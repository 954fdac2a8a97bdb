import type { ServiceDataMigration } from '../../model/index.ts';
import type { ConnectionTarget, LogEvent, PostgresError, Session, System } from '../../system/index.ts';
import { connectionLost, isConnectionLoss, takenOver } from '../errors.ts';
import type { DataMigrationOutcome } from '../run-data-migration.ts';
import type { ScopeChoice } from '../scope/part.ts';
import { addToPart, completePart } from '../scope/state.ts';
import { openSession } from '../sessions.ts';
import { assertEpoch, type Claim, claim, type Fence, type Release, releaseClaim } from '../state.ts';
import type { ResultLine } from './answers.ts';
import { attend, type Counters, type Wished } from './attend.ts';
import { type Asked, noAnswer, runFailed } from './errors.ts';
import { mirrorCounters } from './mirror.ts';
import { askStatus, askVerification, askWish, type ServiceQuestions } from './questions.ts';
import { runProgram } from './run-program.ts';
import { listParts, type ServicePart } from './scopes.ts';
import type { ServiceProgram } from './service-program.ts';

export interface RunServiceMigrationOptions {
  readonly declared: ServiceDataMigration;
  readonly target: ConnectionTarget;
  readonly release: string;
  readonly run: string;
  readonly fence: Fence;
  readonly program: ServiceProgram;
  readonly environment: { readonly [name: string]: string };
  /** Has it do this part alone. */
  readonly scope?: ScopeChoice;
  readonly onEvent?: (event: LogEvent) => void;
  /** Asks the program to end, and waits until it has. */
  readonly signal: AbortSignal;
  /** Awaited several times a second, such as to be certain of the lease. */
  readonly beforeLook?: () => Promise<void>;
}

/**
 * Has a service's own program carry a data migration out, and verify it. Ends `completed` only when the program, asked anew, counts nothing;
 * whatever it does not say clearly is not complete. May be called again after any interruption: a program that an earlier run left behind is
 * ended before another one starts.
 *
 * The schema `onward` must be there, and the fence raised to the epoch. Throws `data-migrate.not-runnable`, `.fenced`, `.taken-over`,
 * `.no-program`, `.program-failed`, `.program-unknown-id`, `.program-unreadable`, `.program-silent`, `.program-stalled`, `.service-failed`,
 * `.scopes-refused`, `.unknown-part`, or the reason of the signal.
 */
export async function runServiceMigration(
  system: System,
  options: RunServiceMigrationOptions,
): Promise<DataMigrationOutcome> {
  const { declared, fence, release, run, program, environment, signal } = options;
  const monitor = await openSession(system, options.target);
  try {
    const claimed: Claim = { id: declared.id, holder: system.random.hex(16), fence };
    await claim(monitor, declared, { ...claimed, release, run });
    const questions: ServiceQuestions = { system, program, id: declared.id, environment, signal };
    return await work(options, { monitor, claimed, questions });
  } finally {
    await monitor.close();
  }
}

interface At {
  readonly monitor: Session;
  readonly claimed: Claim;
  readonly questions: ServiceQuestions;
}

async function work(options: RunServiceMigrationOptions, at: At): Promise<DataMigrationOutcome> {
  const { monitor, claimed, questions } = at;
  const { signal, declared } = options;
  try {
    const status = await runParts(options, at);
    if (status !== 'completed') {
      await finish(at, { status });
      return { kind: status };
    }
    if (options.scope) {
      await finish(at, { status: 'pending' });
      return { kind: 'part-completed' };
    }
    const remaining = await askVerification(questions);
    await finish(at, { status: remaining === 0 ? 'completed' : 'failed', remaining });
    return remaining === 0 ? { kind: 'completed' } : { kind: 'failed', remaining };
  } catch (error) {
    const status = signal.aborted || isConnectionLoss(error) ? 'pending' : 'failed';
    await releaseClaim(monitor, claimed, { status, error: (error as Error).message }).catch(() => {});
    if (isConnectionLoss(error)) throw connectionLost(declared.id, error as PostgresError);
    throw error;
  }
}

/** Writes the end down, unless another run or worker has come meanwhile: what a stale run has seen says nothing any more. */
async function finish({ monitor, claimed }: At, to: Release): Promise<void> {
  await monitor.transaction(async () => {
    await assertEpoch(monitor, claimed.id, claimed.fence);
    if (!(await releaseClaim(monitor, claimed, to))) throw takenOver(claimed.id);
  });
}

async function runParts(options: RunServiceMigrationOptions, at: At): Promise<'completed' | 'paused' | 'cancelled'> {
  const { declared, signal } = options;
  const { questions, monitor } = at;
  // A program that remembers a pause which was taken back here would not begin.
  const status = await askStatus(questions);
  if (status.status === 'paused') await askWish(questions, 'resume');
  let counters: Counters = status;
  for (;;) {
    const parts = await listParts(monitor, declared, options.scope);
    for (const part of parts) {
      signal.throwIfAborted();
      const ended = await runPart(options, at, { ...part, counters });
      if (typeof ended === 'string') return ended;
      if (part.part) await finishPart(at, { part: part.part, from: counters, to: ended });
      counters = ended;
    }
    // Parts that have appeared meanwhile; what is not in parts is done.
    if (parts.length === 0 || !declared.scope) return 'completed';
  }
}

/** A program that keeps its counters here has counted in the part, too. */
async function finishPart(
  { monitor, claimed }: At,
  { part, from, to }: { readonly part: ScopeChoice; readonly from: Counters; readonly to: ResultLine },
): Promise<void> {
  const { scanned, changed, batches } = to;
  const own = { scanned: scanned - from.scanned, changed: changed - from.changed, batches: batches - from.batches };
  await completePart(monitor, claimed, part);
  if (!to.recorded) await addToPart(monitor, claimed.id, { part, ...own });
}

async function runPart(
  options: RunServiceMigrationOptions,
  at: At,
  part: ServicePart & { readonly counters: Counters },
): Promise<'paused' | 'cancelled' | ResultLine> {
  const { declared, program, signal, fence } = options;
  const { questions, claimed, monitor } = at;
  const { system } = questions;
  const stop = new AbortController();
  const attendant = attend(
    {
      system,
      monitor,
      claim: claimed,
      questions,
      stalledAfterMs: declared.stalledAfterMs,
      emit: (event) => options.onEvent?.(event),
      beforeLook: options.beforeLook,
      stop: (reason) => stop.abort(reason),
    },
    part.counters,
  );
  const batch = declared.batchRows === undefined ? [] : ['--batch-size', String(declared.batchRows)];
  const args = ['run', declared.id, ...batch, ...part.args];
  const running = runProgram(system, {
    program,
    id: declared.id,
    args,
    environment: { ...options.environment, ...describeClaim(options, claimed) },
    slot: { name: declared.id, epoch: fence.epoch },
    onProgress: attendant.progress,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  const [ran, watched] = await Promise.allSettled([running, running.then(attendant.end, attendant.end)]);
  // A lost claim or lease says more than how the program took it.
  if (watched.status === 'rejected') throw watched.reason;
  signal.throwIfAborted();
  if (ran.status === 'rejected') throw ran.reason;
  if (ran.value) await mirrorCounters(monitor, claimed, ran.value);
  return judge({ program, id: declared.id, args }, { result: ran.value, wished: watched.value, declared });
}

/** What a batch proves in its own transaction: the row of `onward.fence`, and the row of `onward.data_migration`. */
function describeClaim(
  { run }: RunServiceMigrationOptions,
  { holder, fence }: Claim,
): { readonly [name: string]: string } {
  return { ONWARD_EPOCH: String(fence.epoch), ONWARD_HOLDER: holder, ONWARD_RUN: run };
}

function judge(
  asked: Asked,
  ended: {
    readonly result: ResultLine | undefined;
    readonly wished: Wished;
    readonly declared: ServiceDataMigration;
  },
): 'paused' | 'cancelled' | ResultLine {
  const { result, wished, declared } = ended;
  if (wished === 'cancel') return 'cancelled';
  if (result?.status === 'completed') return result;
  if (wished === 'pause' || result?.status === 'paused') return 'paused';
  if (wished === 'stalled') throw noAnswer(asked, { kind: 'stalled', limitMs: declared.stalledAfterMs });
  if (result?.status === 'failed') throw runFailed(asked, result.error);
  throw noAnswer(asked, { kind: 'unreadable', why: 'says that it stopped, and nobody asked it to' });
}
