import { isStrong, type LockTarget, leavesSessionAlone, quoteLiteral } from '../sql/index.ts';
import type { Session, SqlStatement } from '../system/index.ts';
import { assertZero } from './assert-zero.ts';
import type { Guard } from './assertions.ts';
import { type Engine, type Fence, lockTimeoutMs } from './engine.ts';
import { connectionLost, fencedOut } from './errors.ts';
import { findHolders } from './find-holders.ts';
import type { MigrationFile } from './migration-file.ts';
import { type Watch, watchStalls } from './monitor.ts';
import type { Stalls } from './stalls.ts';
import type { PlannedStatement } from './statement-class.ts';
import { LONG_TRANSACTION_MS, type Patience } from './wait-for-relations.ts';

/** Statements that are in the database together, with the record of them, or not at all. */
export interface TransactionWork {
  readonly file: MigrationFile;
  readonly statements: readonly PlannedStatement[];
  /** First clears what an earlier file may have left in the session. */
  readonly isFreshSession: boolean;
  /** Its COMMIT waits until it is on disk. */
  readonly isDurable: boolean;
  /**
   * The statement that records the work, given how it went. Without it the work is one statement that cannot run in a transaction: then it
   * runs by itself, and its caller records it.
   */
  readonly record: ((measured: Measured) => string) | undefined;
  /** What must be so under the locks before the first statement. */
  readonly guard?: Guard | undefined;
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

/** Somebody with a long transaction came into the way after the first look. */
export class BlockedError extends Error {}

/** One try of the whole transaction. A class because it owns the watch. */
export class Attempt {
  readonly #engine: Engine;
  readonly #work: TransactionWork;
  readonly #isEscalated: boolean;
  #watch: Watch | undefined;
  #settings = '';
  /** Goes out in one message with the next statement, which saves a round trip. */
  #unsent = '';
  #lookedMs = 0;
  /** The statement that is running or failed; none at the COMMIT. */
  current: SqlStatement | undefined;
  /** Characters of its message that stood before the statement. */
  sentBefore = 0;
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
    const { statements } = this.#work;
    const startedAt = system.clock.now();
    this.#lookedMs = system.clock.monotonicMs();
    const watch = watchStalls(system, connections.monitor, {
      pid: connections.ddl.backendPid,
      budgetMs: limits.lockBudgetMs,
    });
    this.#watch = watch;
    const measure = (): Measured => ({ startedAt, locksWaited: patience.waits, stalls: watch.stalls() });
    await this.#begin();
    if (this.#work.guard) await this.#guard(this.#work.guard, patience);
    for (const planned of statements) {
      await this.#prepare(planned, patience);
      const { text } = planned.statement;
      // The only statement is recorded in its own message: its locks are held for no round trip. A comment may end its text.
      await this.#send(statements.length === 1 ? `${text}\n${this.#renderEnd(measure())}` : text);
      // What it set may be the very limits.
      if (planned.locks.isKnown === false || 'VariableSetStmt' in planned.statement.node) this.#settings = '';
    }
    this.current = undefined;
    const measured = measure();
    if (statements.length !== 1) await this.#send(this.#renderEnd(measured));
    await watch.stop();
    return measured;
  }

  /** Everything before a statement is sent. */
  async #prepare(planned: PlannedStatement, patience: Patience): Promise<void> {
    this.current = planned.statement;
    // Nobody would see who waits.
    if (this.#engine.connections.monitor.isLost) {
      throw connectionLost(this.#work.file.path, this.#engine, this.#work.file.transactional);
    }
    await this.#lookAgain(planned, patience);
    await this.#set(planned);
    if (planned.class === 'strong') this.holder ??= planned.statement;
  }

  /** Takes the locks first: what is counted before them may be out of date. */
  async #guard({ locks, assertions }: Guard, patience: Patience): Promise<void> {
    for (const planned of locks) {
      await this.#prepare(planned, patience);
      await this.#send(planned.statement.text);
    }
    const { limits, system } = this.#engine;
    const untilMs = system.clock.monotonicMs() + limits.lockBudgetMs;
    for (const assertion of assertions) {
      await assertZero((sql) => this.#send(sql), assertion, {
        path: this.#work.file.path,
        leftMs: Math.max(1, Math.floor(untilMs - system.clock.monotonicMs())),
        budgetMs: limits.lockBudgetMs,
        progress: this.#engine,
        wasCancelled: () => this.wasCancelled,
      });
    }
  }

  /** The record and the COMMIT. The file may have become another role, or have settings of its own; the record is ours. */
  #renderEnd(measured: Measured): string {
    const { record, statements, isDurable } = this.#work;
    if (!record) return '';
    const isSameRole = statements.every(({ statement }) => leavesSessionAlone(statement.node));
    const own = isSameRole ? '' : 'reset session authorization; reset role; ';
    const durability = `set local synchronous_commit = ${isDurable ? this.#engine.durableCommit : 'off'}; `;
    return `; ${own}${durability}${record(measured)}; commit`;
  }

  async rollBack(): Promise<void> {
    const { ddl } = this.#engine.connections;
    await this.#watch?.stop();
    // A cancel that was sent for the statement may arrive only now; the second one then goes through.
    if (!ddl.isLost) await ddl.query('rollback').catch(() => ddl.query('rollback').catch(() => {}));
  }

  async #begin(): Promise<void> {
    const { fence } = this.#engine;
    const [first] = this.#work.statements;
    if (!this.#work.record) return;
    const reset = this.#work.isFreshSession ? RESET_SESSION : '';
    const settings = first ? this.#settingsFor(first) : '';
    this.#settings = settings;
    this.#unsent = `${reset}begin; ${settings}`;
    if (!fence) return;
    const { rows } = await this.#send(renderFenceCheck(fence));
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
    // What cannot run in a transaction cannot stand in a message with others either.
    if (this.#work.record) this.#unsent += settings;
    else await this.#engine.connections.ddl.query(settings);
    this.#settings = settings;
  }

  /** Sends SQL behind what is still to be sent. */
  async #send(sql: string): ReturnType<Session['query']> {
    const before = this.#unsent;
    this.#unsent = '';
    this.sentBefore = before.length;
    return this.#engine.connections.ddl.query(`${before}${sql}`);
  }

  /** The look before the transaction is out of date, or could not tell what a name will mean. */
  async #lookAgain(planned: PlannedStatement, patience: Patience): Promise<void> {
    const { system, connections, ownPids } = this.#engine;
    const targets = strongTargets([planned]);
    const isStale = system.clock.monotonicMs() - this.#lookedMs > LONG_TRANSACTION_MS;
    if (targets.length === 0 || this.#isEscalated || !(isStale || planned.hasOwnNames)) return;
    if (this.#unsent !== '') await this.#send('');
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

export function renderFenceCheck({ deployment, epoch }: Fence): string {
  return `select epoch from onward.fence where deployment = ${quoteLiteral(deployment)} and epoch = ${epoch} for share`;
}

/** The relations that the statements lock so that the application may have to wait. */
export function strongTargets(statements: readonly PlannedStatement[]): readonly LockTarget[] {
  return statements.flatMap(({ locks }) => locks.targets.filter(({ mode }) => isStrong(mode)));
}
