import { PostgresError, type SqlStatement } from '../system/index.ts';
import { type Engine, type Fence, lockTimeoutMs } from './engine.ts';
import { connectionLost, fencedOut, isConnectionLoss, lockHeldTooLong, lockNotObtained } from './errors.ts';
import { findHolders } from './find-holders.ts';
import { isStrong } from './lock-modes.ts';
import type { LockTarget } from './lock-target.ts';
import type { MigrationFile } from './migration-file.ts';
import { type Stalls, type Watch, watchStalls } from './monitor.ts';
import { quoteLiteral } from './quote.ts';
import type { PlannedStatement } from './statement-class.ts';
import { describePlace, renderStatement, statementFailed } from './statement-error.ts';
import { leavesSessionAlone } from './statement-kind.ts';
import {
  LONG_TRANSACTION_MS,
  type Moment,
  type Patience,
  waitForRelations,
  waitForTransactions,
} from './wait-for-relations.ts';

/** Statements that are in the database together, with the record of them, or not at all. */
export interface TransactionWork {
  readonly file: MigrationFile;
  readonly statements: readonly PlannedStatement[];
  /** First clears what an earlier file may have left in the session. */
  readonly isFreshSession: boolean;
  /**
   * The statement that records the work, given how it went. Without it the work is one statement that cannot run in a transaction: then it
   * runs by itself, and its caller records it.
   */
  readonly record: ((measured: Measured) => string) | undefined;
  /** What of the file stays in the database when this work fails. */
  readonly kept: string;
  readonly isResumable: boolean;
}

export interface Measured {
  readonly startedAt: Date;
  readonly locksWaited: number;
  readonly stalls: Stalls;
}

/** What `DISCARD ALL` does, without its refusal to stand in a message with other statements. */
const RESET_SESSION =
  'close all; set session authorization default; reset all; deallocate all; unlisten *; ' +
  'select pg_catalog.pg_advisory_unlock_all(); discard plans; discard temp; discard sequences; ';

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
  const targets = strongTargets(work.statements.filter(({ hasOwnNames }) => !hasOwnNames));
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
      { file: work.file, statement: attempt.current },
      { progress: engine, kept: work.kept, isResumable: work.isResumable },
    );
  }
  engine.emit({ type: 'migrate.retry', path: work.file.path, reason: error.message, waits: patience.waits });
}

/** Somebody with a long transaction came into the way after the first look. */
class BlockedError extends Error {}

/** One try of the whole transaction. A class because it owns the watch. */
class Attempt {
  readonly #engine: Engine;
  readonly #work: TransactionWork;
  readonly #isEscalated: boolean;
  #watch: Watch | undefined;
  #settings = '';
  #lookedMs = 0;
  /** The statement that is running or failed; none at the COMMIT. */
  current: SqlStatement | undefined;
  /** The first statement after which others may have to wait. */
  holder: SqlStatement | undefined;

  constructor(engine: Engine, work: TransactionWork, isEscalated: boolean) {
    this.#engine = engine;
    this.#work = work;
    this.#isEscalated = isEscalated;
  }

  get wasCancelled(): boolean {
    return this.#watch?.wasCancelled ?? false;
  }

  get blockers(): Watch['blockers'] {
    return this.#watch?.blockers ?? [];
  }

  async run(patience: Patience): Promise<Measured> {
    const { connections, limits, system } = this.#engine;
    const startedAt = system.clock.now();
    this.#lookedMs = system.clock.monotonicMs();
    this.#watch = watchStalls(system, connections.monitor, {
      pid: connections.ddl.backendPid,
      budgetMs: limits.lockBudgetMs,
    });
    await this.#begin();
    for (const planned of this.#work.statements) {
      this.current = planned.statement;
      // Nobody would see who waits.
      if (connections.monitor.isLost) {
        throw connectionLost(this.#work.file.path, this.#engine, this.#work.file.transactional);
      }
      await this.#lookAgain(planned, patience);
      await this.#set(planned);
      if (planned.class === 'strong') this.holder ??= planned.statement;
      await connections.ddl.query(planned.statement.text);
      // What it set may be the very limits.
      if (planned.locks.isKnown === false || 'VariableSetStmt' in planned.statement.node) this.#settings = '';
    }
    this.current = undefined;
    const measured = { startedAt, locksWaited: patience.waits, stalls: this.#watch.stalls() };
    // The file may have become another role; the record is ours.
    const record = this.#work.record?.(measured);
    if (record !== undefined) {
      const isSameRole = this.#work.statements.every(({ statement }) => leavesSessionAlone(statement.node));
      const own = isSameRole ? '' : 'reset session authorization; reset role; ';
      await connections.ddl.query(`${own}${record}; commit`);
    }
    await this.#watch.stop();
    return measured;
  }

  async rollBack(): Promise<void> {
    const { ddl } = this.#engine.connections;
    await this.#watch?.stop();
    // A cancel that was sent for the statement may arrive only now; the second one then goes through.
    if (!ddl.isLost) await ddl.query('rollback').catch(() => ddl.query('rollback').catch(() => {}));
  }

  async #begin(): Promise<void> {
    const { connections, fence, isEachDurable } = this.#engine;
    const [first] = this.#work.statements;
    if (!this.#work.record) return;
    const reset = this.#work.isFreshSession ? RESET_SESSION : '';
    const settings = first ? this.#settingsFor(first) : '';
    this.#settings = settings;
    const durability = isEachDurable ? '' : 'set local synchronous_commit = off; ';
    const begin = `${reset}begin; ${durability}${settings}`;
    if (!fence) {
      await connections.ddl.query(begin);
      return;
    }
    const { rows } = await connections.ddl.query(`${begin}${renderFenceCheck(fence)}`);
    if (rows.length === 0) throw fencedOut(fence.deployment, fence.epoch, this.#engine);
  }

  #settingsFor(planned: PlannedStatement): string {
    const { limits } = this.#engine;
    const isHoldingStrongLock = this.holder !== undefined;
    const lockMs = lockTimeoutMs(limits, planned.class, { isHoldingStrongLock, isEscalated: this.#isEscalated });
    const statementMs = planned.class === 'concurrent' ? 0 : (limits.statementTimeoutsMs[planned.class] ?? 0);
    const set = this.#work.record ? 'set local' : 'set';
    return `${set} lock_timeout = ${lockMs}; ${set} statement_timeout = ${statementMs}; `;
  }

  async #set(planned: PlannedStatement): Promise<void> {
    const settings = this.#settingsFor(planned);
    if (settings === this.#settings) return;
    await this.#engine.connections.ddl.query(settings);
    this.#settings = settings;
  }

  /** The look before the transaction is out of date, or could not tell what a name will mean. */
  async #lookAgain(planned: PlannedStatement, patience: Patience): Promise<void> {
    const { system, connections, ownPids } = this.#engine;
    const targets = strongTargets([planned]);
    const isStale = system.clock.monotonicMs() - this.#lookedMs > LONG_TRANSACTION_MS;
    if (targets.length === 0 || this.#isEscalated || !(isStale || planned.hasOwnNames)) return;
    const holders = await findHolders(connections.ddl, targets, { ownPids, isPrepared: false });
    this.#lookedMs = system.clock.monotonicMs();
    const old = holders.filter(({ ageMs }) => ageMs === undefined || ageMs > LONG_TRANSACTION_MS);
    if (old.length === 0) return;
    patience.waits += 1;
    // Without the relation: outside of this transaction its name may mean another one.
    patience.blockers = planned.hasOwnNames ? old.map((holder) => ({ ...holder, relation: undefined })) : old;
    throw new BlockedError();
  }
}

function renderFenceCheck({ deployment, epoch }: Fence): string {
  return `select epoch from onward.fence where deployment = ${quoteLiteral(deployment)} and epoch = ${epoch} for share`;
}

function strongTargets(statements: readonly PlannedStatement[]): readonly LockTarget[] {
  return statements.flatMap(({ locks }) => locks.targets.filter(({ mode }) => isStrong(mode)));
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
