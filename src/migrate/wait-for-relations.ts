import { type LockTarget, quoteTextArray } from '../sql/index.ts';
import { type Blocker, describeBlocker } from './blockers.ts';
import type { Engine } from './engine.ts';
import { findHolders, quoteRelation } from './find-holders.ts';

/** A transaction that has been open for longer than this may stay open for long. */
export const LONG_TRANSACTION_MS = 20;
const POLL_MS = 10;
/** In the second half of the wait one attempt a second is made although somebody is in the way. */
const ESCALATE_EVERY_MS = 1_000;
/** Postgres ends an autovacuum in the way of a lock after its `deadlock_timeout`, one second unless configured. */
const AUTOVACUUM_PATIENCE_MS = 1_000;

/** How long one file has waited for its moment, and who was in the way. */
export interface Patience {
  readonly startedMs: number;
  readonly limitMs: number;
  lastAttemptMs: number;
  /** Times that the way was not free. */
  waits: number;
  blockers: readonly Blocker[];
}

/** `escalate`: long transactions overlap without a gap, so try within the budget all the same. `expired`: the limit is reached. */
export type Moment = 'free' | 'escalate' | 'expired';

/**
 * Waits, outside of any transaction, until nobody who holds a conflicting lock on the targets has been in its transaction for more than
 * 20 ms.
 */
export async function waitForRelations(
  engine: Engine,
  targets: readonly LockTarget[],
  patience: Patience,
): Promise<Moment> {
  const { monitor } = engine.connections;
  const lookUp = { ownPids: engine.ownPids, isPrepared: true };
  const firstSeen = new Map<string, number>();
  let isDislodged = false;
  return poll(engine, patience, async (looks) => {
    const holders = await findHolders(monitor, targets, lookUp);
    const nowMs = engine.system.clock.monotonicMs();
    const old = holders.filter(({ transaction, ageMs, state }) => {
      // The server looks at locks first and at sessions then: this one has let go in between.
      if (state === 'idle') return false;
      // This role may not see the age: the time since it was first seen counts. What was there at the first look may be of any age.
      const since = firstSeen.get(transaction) ?? (looks === 0 ? Number.NEGATIVE_INFINITY : nowMs);
      firstSeen.set(transaction, since);
      return (ageMs ?? nowMs - since) > LONG_TRANSACTION_MS;
    });
    const isVacuumAlone = old.length > 0 && old.every(({ kind }) => kind === 'autovacuum');
    if (isVacuumAlone && !isDislodged && nowMs - patience.startedMs >= AUTOVACUUM_PATIENCE_MS) {
      isDislodged = true;
      await dislodgeAutovacuum(engine, targets);
    }
    return old;
  });
}

/** Waits until these very transactions have ended. For statements whose locks could not be told before. */
export async function waitForTransactions(
  engine: Engine,
  blockers: readonly Blocker[],
  patience: Patience,
): Promise<Moment> {
  const transactions = quoteTextArray(blockers.map(({ transaction }) => transaction));
  return poll(engine, patience, async () => {
    const { rows } = await engine.connections.monitor.query<{ transaction: string }>(
      `select distinct virtualtransaction as transaction from pg_catalog.pg_locks where virtualtransaction = any (${transactions})`,
    );
    const alive = new Set(rows.map(({ transaction }) => transaction));
    return blockers.filter(({ transaction }) => alive.has(transaction));
  });
}

async function poll(
  engine: Engine,
  patience: Patience,
  look: (looks: number) => Promise<readonly Blocker[]>,
): Promise<Moment> {
  const { clock } = engine.system;
  for (let looks = 0; ; looks += 1) {
    const blockers = await look(looks);
    if (blockers.length === 0) return 'free';
    if (looks === 0) {
      patience.waits += 1;
      engine.emit({ type: 'migrate.waiting', blockers: blockers.map(describeBlocker) });
    }
    patience.blockers = blockers;
    const nowMs = clock.monotonicMs();
    const waitedMs = nowMs - patience.startedMs;
    if (waitedMs >= patience.limitMs) return 'expired';
    const isDue = nowMs - patience.lastAttemptMs >= ESCALATE_EVERY_MS;
    if (waitedMs >= patience.limitMs / 2 && isDue) return 'escalate';
    await clock.sleep(POLL_MS, engine.signal);
  }
}

/**
 * Asks for ShareUpdateExclusive for a little longer than `deadlock_timeout`: the server then ends the autovacuum (unless it prevents a
 * wraparound), and no reader or writer waits behind such a request.
 */
async function dislodgeAutovacuum(engine: Engine, targets: readonly LockTarget[]): Promise<void> {
  const { ddl } = engine.connections;
  for (const { relation, scope } of targets) {
    if (scope === 'type' || scope === 'index') continue;
    await ddl
      .transaction(async () => {
        await ddl.query(`set local lock_timeout = '${AUTOVACUUM_PATIENCE_MS * 1.5}ms'`);
        await ddl.query(`lock table ${quoteRelation(relation)} in share update exclusive mode`);
      })
      // It only was an attempt: the next look says whether the way is free.
      .catch(() => {});
  }
}
