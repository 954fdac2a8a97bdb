import type { Session, System } from '../../system/index.ts';
import { beginQuarantine } from './begin-quarantine.ts';
import { type EndedQuarantine, endQuarantine } from './end-quarantine.ts';
import { observeQuarantine, type Quarantine, type QuarantineEnd, restartTime } from './ledger-row.ts';
import { planQuarantine, type QuarantinePlan } from './plan-quarantine.ts';
import { isConnectionLoss, openQuarantineSession } from './quarantine-session.ts';
import type { QuarantineEvidence, RunQuarantineOptions } from './request.ts';
import type { Refusal } from './watch/evidence.ts';
import { type RefusalWatch, watchRefusals } from './watch/watch-refusals.ts';

/** `over`: the set time has passed. `blind`: no way of seeing is left. `ended`: somebody else ended it. */
export type Look = 'quiet' | 'refused' | 'blind' | 'ended' | 'over';

type DatabaseOptions = RunQuarantineOptions['databases'][number];

/** Between two looks; a longer one is time in which nobody sampled. */
const LONGEST_GAP_MS = 5_000;
const PROVE_EVERY_MS = 60_000;

/** Opens the ways of seeing before anything is taken, so that nothing lies between. */
export async function openQuarantinedDatabase(
  system: System,
  options: RunQuarantineOptions,
  database: DatabaseOptions,
): Promise<QuarantinedDatabase> {
  const session = await openQuarantineSession(system, database.target);
  try {
    const plan = await planQuarantine(session, { ...options, doomed: database.doomed });
    const watch = await watchRefusals(system, session, database.doomed);
    return new QuarantinedDatabase(system, { options, database, session, plan, watch });
  } catch (error) {
    await session.close();
    throw error;
  }
}

interface Opened {
  readonly options: RunQuarantineOptions;
  readonly database: DatabaseOptions;
  readonly session: Session;
  readonly plan: QuarantinePlan;
  readonly watch: RefusalWatch;
}

/** The quarantine of one database, from the first look to the end, on a session that is opened again when it is lost. */
export class QuarantinedDatabase {
  readonly name: string;
  readonly #system: System;
  readonly #options: RunQuarantineOptions;
  readonly #database: DatabaseOptions;
  readonly #watch: RefusalWatch;
  readonly #refusals: Refusal[] = [];
  #session: Session;
  #plan: QuarantinePlan;
  #current: Quarantine | undefined;
  #lookedAt: number;
  #provedAt: number;

  constructor(system: System, { options, database, session, plan, watch }: Opened) {
    this.name = database.name;
    this.#system = system;
    this.#options = options;
    this.#database = database;
    this.#watch = watch;
    this.#session = session;
    this.#plan = plan;
    this.#lookedAt = system.clock.monotonicMs();
    this.#provedAt = this.#lookedAt;
  }

  /** One that an earlier run left in force. */
  async giveBackEarlier(): Promise<void> {
    const inForce = await observeQuarantine(this.#session, this.#options.deployment);
    if (!inForce) return;
    const { epoch } = this.#options;
    await endQuarantine(this.#system, this.#session, { id: inForce.id, because: 'begun anew', epoch });
    this.#plan = await planQuarantine(this.#session, { ...this.#options, doomed: this.#database.doomed });
  }

  /** False when taking privileges would prove nothing. */
  isWorthTaking(): boolean {
    return this.#canSee() && !this.#plan.findings.some(({ severity }) => severity === 'error');
  }

  async begin(): Promise<void> {
    // What was refused before is nobody's doing.
    await this.#watch.look(this.#session, { tables: [], unaffected: new Set(), beganAt: 'infinity' });
    const request = { ...this.#options, doomed: this.#database.doomed };
    const { plan, quarantine } = await beginQuarantine(this.#system, this.#session, request);
    this.#plan = plan;
    this.#current = quarantine;
    this.#lookedAt = this.#system.clock.monotonicMs();
  }

  async look(): Promise<Look> {
    if (!this.#current) return 'over';
    try {
      const session = await this.#connected();
      const known = this.#refusals.length;
      await this.#see(session, this.#current);
      if (this.#refusals.length > known) return 'refused';
      if (!this.#canSee()) return 'blind';
      return await judgeTime(session, this.#current);
    } catch (error) {
      // Nobody can be refused by a server that is away; when it is back, the log tells what was, or the time begins anew.
      if (isConnectionLoss(error)) return 'quiet';
      throw error;
    }
  }

  async end(because: QuarantineEnd): Promise<EndedQuarantine> {
    if (!this.#current) return { because: undefined, changed: [] };
    const { epoch } = this.#options;
    return endQuarantine(this.#system, await this.#connected(), { id: this.#current.id, because, epoch });
  }

  async evidence(): Promise<QuarantineEvidence> {
    const { losses, findings } = this.#plan;
    const rollbacks = await this.#watch.countRollbacks(await this.#connected());
    return { database: this.name, losses, layers: this.#watch.layers(), refusals: this.#refusals, findings, rollbacks };
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #connected(): Promise<Session> {
    if (this.#session.isLost) this.#session = await openQuarantineSession(this.#system, this.#database.target);
    return this.#session;
  }

  #canSee(): boolean {
    return this.#watch.layers().some(({ canSee }) => canSee);
  }

  /** Brings what is known up to now. */
  async #see(session: Session, quarantine: Quarantine): Promise<void> {
    const now = this.#system.clock.monotonicMs();
    const tables = [...new Set(this.#plan.losses.map(({ table }) => table))];
    const unaffected = new Set(this.#plan.unaffected);
    this.#refusals.push(...(await this.#watch.look(session, { tables, unaffected, beganAt: quarantine.beganAt })));
    // The log is read from where the last look ended, so that it has no gaps.
    const hasLog = this.#watch.layers().some(({ name, canSee }) => name === 'server log' && canSee);
    if (now - this.#lookedAt > LONGEST_GAP_MS && !hasLog)
      await restartTime(session, quarantine, this.#options.durationMs);
    this.#lookedAt = now;
    if (now - this.#provedAt < PROVE_EVERY_MS) return;
    await this.#watch.proveAgain(session);
    this.#provedAt = now;
  }
}

async function judgeTime(session: Session, { id }: Quarantine): Promise<Look> {
  const { rows } = await session.query<{ is_ended: boolean; is_over: boolean }>(
    `select ended_at is not null as is_ended, pg_catalog.clock_timestamp() >= until as is_over from onward.quarantine where id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row || row.is_ended) return 'ended';
  return row.is_over ? 'over' : 'quiet';
}
