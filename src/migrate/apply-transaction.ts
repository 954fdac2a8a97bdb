import { PostgresError, type SqlStatement } from '../system/index.ts';
import { Attempt, BlockedError, type Measured, strongTargets, type TransactionWork } from './attempt.ts';
import type { Engine } from './engine.ts';
import { connectionLost, isConnectionLoss, lockHeldTooLong, lockNotObtained } from './errors.ts';
import { describePlace, renderStatement, statementFailed } from './statement-error.ts';
import { type Moment, type Patience, waitForRelations, waitForTransactions } from './wait-for-relations.ts';

const MAX_CANCELS = 3;
const MAX_DEADLOCKS = 5;
const RETRY_PAUSE_MS = 50;
const CANCEL_PAUSE_MS = 250;

/**
 * Runs statements in one transaction: waits for the moment when their locks are free, asks for each lock only briefly, and takes everything
 * back when the application has waited for the budget. Tries again until the limits of the run are reached; then throws with the
 * transaction rolled back.
 */
export async function applyTransaction(engine: Engine, work: TransactionWork): Promise<Measured> {
  const { clock } = engine.system;
  const startedMs = clock.monotonicMs();
  const patience: Patience = {
    startedMs,
    limitMs: engine.limits.lockWaitMs,
    lastAttemptMs: startedMs,
    waits: 0,
    blockers: [],
  };
  const planned = [...(work.guard?.locks ?? []), ...work.statements];
  const targets = strongTargets(planned.filter(({ hasOwnNames }) => !hasOwnNames));
  const failures = { cancels: 0, deadlocks: 0 };
  for (;;) {
    engine.signal?.throwIfAborted();
    let moment: Moment = 'free';
    const unseen = patience.blockers.filter(({ relation }) => relation === undefined);
    if (targets.length > 0) moment = await waitForRelations(engine, targets, patience);
    if (moment === 'free' && unseen.length > 0) moment = await waitForTransactions(engine, unseen, patience);
    if (moment === 'expired') throw notObtained(engine, work, { patience, at: undefined });
    if (moment === 'free') patience.blockers = [];
    const attempt = new Attempt(engine, work, moment === 'escalate');
    patience.lastAttemptMs = clock.monotonicMs();
    try {
      return await attempt.run(patience);
    } catch (error) {
      await attempt.rollBack();
      await judge(engine, work, { attempt, error, patience, failures });
    }
  }
}

/** Decides whether another attempt may succeed, and pauses before it; throws when not. */
async function judge(
  engine: Engine,
  work: TransactionWork,
  state: {
    readonly attempt: Attempt;
    readonly error: unknown;
    readonly patience: Patience;
    readonly failures: { cancels: number; deadlocks: number };
  },
): Promise<void> {
  const { attempt, error, patience, failures } = state;
  const { clock, random } = engine.system;
  if (engine.connections.ddl.isLost || isConnectionLoss(error)) {
    throw connectionLost(work.file.path, engine, work.file.transactional);
  }
  engine.signal?.throwIfAborted();
  const isExpired = clock.monotonicMs() - patience.startedMs >= patience.limitMs;
  if (error instanceof BlockedError) {
    if (isExpired) throw notObtained(engine, work, { patience, at: attempt.current });
    return;
  }
  if (!(error instanceof PostgresError)) throw error;
  const isOurCancel = error.code === '57014' && attempt.wasCancelled;
  if (isOurCancel) {
    failures.cancels += 1;
    if (failures.cancels >= MAX_CANCELS || isExpired) throw heldTooLong(engine, work, { attempt, ...failures });
    await clock.sleep(CANCEL_PAUSE_MS * 2 ** (failures.cancels - 1), engine.signal);
  } else if (error.code === '55P03') {
    patience.waits += 1;
    if (attempt.blockers.length > 0) patience.blockers = attempt.blockers;
    if (isExpired) throw notObtained(engine, work, { patience, at: attempt.current });
    await clock.sleep(RETRY_PAUSE_MS * (1 + random.fraction()), engine.signal);
  } else if (error.code === '40P01' && failures.deadlocks < MAX_DEADLOCKS && !isExpired) {
    failures.deadlocks += 1;
    await clock.sleep(RETRY_PAUSE_MS * (1 + random.fraction()), engine.signal);
  } else {
    throw statementFailed(
      error,
      { file: work.file, statement: attempt.current, sentBefore: attempt.sentBefore },
      { progress: engine, kept: work.kept, isResumable: work.isResumable },
    );
  }
  engine.emit({ type: 'migrate.retry', path: work.file.path, reason: error.message, waits: patience.waits });
}

function notObtained(
  engine: Engine,
  work: TransactionWork,
  { patience, at }: { readonly patience: Patience; readonly at: SqlStatement | undefined },
): Error {
  const statement = at ?? work.statements.find((planned) => planned.class === 'strong')?.statement;
  return lockNotObtained({
    place: statement ? describePlace(work.file, statement) : work.file.path,
    waitedMs: engine.system.clock.monotonicMs() - patience.startedMs,
    blockers: patience.blockers,
    progress: engine,
    detail: statement ? renderStatement(work.file, statement) : '',
  });
}

function heldTooLong(
  engine: Engine,
  work: TransactionWork,
  { attempt, cancels }: { readonly attempt: Attempt; readonly cancels: number },
): Error {
  const statement = attempt.holder ?? attempt.current;
  return lockHeldTooLong({
    place: statement ? describePlace(work.file, statement) : work.file.path,
    budgetMs: engine.limits.lockBudgetMs,
    attempts: cancels,
    progress: engine,
    detail: statement ? renderStatement(work.file, statement) : '',
  });
}
