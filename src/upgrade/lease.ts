import type { Deployment } from '../model/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../system/index.ts';
import { type Control, createControl, isConnectionFailure } from './control.ts';
import { leaseHeld, leaseLost, leaseUnconfirmed } from './errors.ts';
import { findDeadHolder, recordHolder } from './lease-holder.ts';

/**
 * The right to change a deployment: a row in the control database, by database time, with a random holder token; and in every
 * database a separate fence row with the epoch, which schema changes check. Two rows, because a long schema change holds the fence
 * row and would otherwise make its own holder's heartbeat wait until the lease is gone.
 */
export interface Lease {
  readonly epoch: number;
  /** Aborted with the reason when the lease is lost. */
  readonly signal: AbortSignal;
  /** Throws unless the lease is certainly held now. Asked before every effect. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

interface LeaseOptions {
  readonly deployment: Deployment;
  readonly control: Control;
  readonly databases: ReadonlyMap<string, ConnectionTarget>;
  readonly run: string;
}

const FENCE_LOCK_TIMEOUT_MS = 500;
const FENCE_WAIT_MS = 60_000;

/** Takes the lease and raises the epoch, or throws `upgrade.lease-held`. Starts the heartbeat. */
export async function acquireLease(system: System, options: LeaseOptions): Promise<Lease> {
  const holder = system.random.hex(16);
  const dead = await findDeadHolder(system, options.deployment.stateDirectory);
  const epoch = await takeRow(system, options, { holder, dead });
  try {
    await recordHolder(system, options.deployment.stateDirectory, holder);
    for (const [name, target] of options.databases) {
      if (name !== options.deployment.control)
        await raiseFenceOf(system, { target, deployment: options.deployment.name, epoch });
    }
  } catch (error) {
    // Nobody would renew it, and the next command would have to wait until it expires.
    await giveBack(options, holder).catch(() => {});
    throw error;
  }
  return new HeldLease(system, options, { holder, epoch });
}

async function giveBack({ control, deployment }: LeaseOptions, holder: string): Promise<void> {
  await control.query(
    `update onward.lease set expires_at = clock_timestamp() - interval '1 millisecond', holder = '' where deployment = $1 and holder = $2`,
    [deployment.name, holder],
  );
}

interface Claim {
  readonly holder: string;
  readonly dead: string | undefined;
}

async function takeRow(system: System, options: LeaseOptions, claim: Claim): Promise<number> {
  const { deployment, control, run } = options;
  const deadline = system.clock.monotonicMs() + FENCE_WAIT_MS;
  for (;;) {
    try {
      return await control.transaction(async (session) => {
        await session.query(`set local lock_timeout = ${FENCE_LOCK_TIMEOUT_MS}`);
        const { rows } = await session.query<{ epoch: string }>(
          `insert into onward.lease as held (deployment, holder, run, epoch, expires_at, acquired_at)
           values ($1, $2, $3, 1, clock_timestamp() + $4 * interval '1 millisecond', clock_timestamp())
           on conflict (deployment) do update
           set holder = excluded.holder, run = excluded.run, epoch = held.epoch + 1,
               expires_at = excluded.expires_at, acquired_at = excluded.acquired_at
           where held.expires_at < clock_timestamp() or held.holder = $5
           returning epoch`,
          [deployment.name, claim.holder, run, deployment.leaseTtlMs, claim.dead ?? claim.holder],
        );
        const epoch = rows[0]?.epoch;
        if (epoch === undefined) throw await describeHolder(session, deployment.name);
        await raiseFence(session, deployment.name, Number(epoch));
        return Number(epoch);
      });
    } catch (error) {
      if (!isLockTimeout(error) || system.clock.monotonicMs() > deadline) throw error;
      await endStaleSchemaChange(control);
    }
  }
}

async function describeHolder(session: Session, deployment: string): Promise<Error> {
  const { rows } = await session.query<{ run: string; left: string }>(
    `select run, ceil(extract(epoch from expires_at - clock_timestamp()))::text as left from onward.lease where deployment = $1`,
    [deployment],
  );
  return leaseHeld(rows[0]?.run ?? 'unknown', Number(rows[0]?.left ?? 0));
}

/** Waits for a schema change of an earlier holder, which keeps the row while it runs. */
async function raiseFence(session: Session, deployment: string, epoch: number): Promise<void> {
  await session.query(
    `insert into onward.fence as fence (deployment, epoch) values ($1, $2)
     on conflict (deployment) do update set epoch = excluded.epoch where fence.epoch < excluded.epoch`,
    [deployment, epoch],
  );
}

async function raiseFenceOf(
  system: System,
  options: { readonly target: ConnectionTarget; readonly deployment: string; readonly epoch: number },
): Promise<void> {
  const control = createControl(system, options.target);
  const deadline = system.clock.monotonicMs() + FENCE_WAIT_MS;
  try {
    for (;;) {
      try {
        await control.transaction(async (session) => {
          await session.query(`set local lock_timeout = ${FENCE_LOCK_TIMEOUT_MS}`);
          await raiseFence(session, options.deployment, options.epoch);
        });
        return;
      } catch (error) {
        if (!isLockTimeout(error) || system.clock.monotonicMs() > deadline) throw error;
        await endStaleSchemaChange(control);
      }
    }
  } finally {
    await control.close();
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof PostgresError && error.code === '55P03';
}

/**
 * The lease has passed on, so whatever transaction of Onward still holds the fence row belongs to a holder that lost it. It is
 * rolled back by ending its session; its process finds out at its next effect.
 */
async function endStaleSchemaChange(control: Control): Promise<void> {
  await control.query(
    `select pg_catalog.pg_terminate_backend(activity.pid)
     from pg_catalog.pg_locks as held join pg_catalog.pg_stat_activity as activity on activity.pid = held.pid
     where held.relation = pg_catalog.to_regclass('onward.fence') and held.granted and held.mode = 'RowShareLock'
       and activity.application_name like 'onward%' and activity.pid <> pg_catalog.pg_backend_pid()
       and activity.datname = current_database()`,
  );
}

class HeldLease implements Lease {
  readonly epoch: number;
  readonly #system: System;
  readonly #options: LeaseOptions;
  readonly #holder: string;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  readonly #beating: Promise<void>;
  #confirmedAt: number;

  constructor(system: System, options: LeaseOptions, held: { readonly holder: string; readonly epoch: number }) {
    this.#system = system;
    this.#options = options;
    this.#holder = held.holder;
    this.epoch = held.epoch;
    this.#confirmedAt = system.clock.monotonicMs();
    this.#beating = this.#beat();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async assertHeld(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const ttl = this.#options.deployment.leaseTtlMs;
    if (this.#age() < ttl / 3) return;
    try {
      await this.#renew();
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      // Nobody can have taken it before it expires; but close to that, nothing new may begin.
      if (this.#age() > (ttl * 2) / 3) throw leaseUnconfirmed(this.#options.deployment.control);
    }
  }

  async release(): Promise<void> {
    this.#stopped.abort(new Error('released'));
    await this.#beating;
    if (this.#lost.signal.aborted) return;
    await giveBack(this.#options, this.#holder);
  }

  #age(): number {
    return this.#system.clock.monotonicMs() - this.#confirmedAt;
  }

  async #beat(): Promise<void> {
    const everyMs = this.#options.deployment.leaseTtlMs / 3;
    while (!this.#stopped.signal.aborted && !this.#lost.signal.aborted) {
      try {
        await this.#system.clock.sleep(everyMs, this.#stopped.signal);
        await this.#renew();
      } catch {
        // Stopped, lost (the signal says so), or the database is away: the next beat or the next effect tells which.
      }
    }
  }

  async #renew(): Promise<void> {
    // The time before the question is the one from which the lease is certain to last.
    const askedAt = this.#system.clock.monotonicMs();
    // One that has expired is still ours as long as nobody has taken it, however long this process was suspended.
    const { count } = await this.#options.control.query(
      `update onward.lease set expires_at = clock_timestamp() + $3 * interval '1 millisecond'
       where deployment = $1 and holder = $2 and epoch = $4`,
      [this.#options.deployment.name, this.#holder, this.#options.deployment.leaseTtlMs, this.epoch],
    );
    if (count !== 1) {
      const error = leaseLost(this.epoch);
      this.#lost.abort(error);
      throw error;
    }
    this.#confirmedAt = askedAt;
  }
}
