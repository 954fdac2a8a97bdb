import type { Session, System } from '../../system/index.ts';
import { beginQuarantine } from './begin-quarantine.ts';
import { type EndedQuarantine, endQuarantine } from './end-quarantine.ts';
import { observeQuarantine, type Quarantine, type QuarantineEnd, restartTime } from './ledger-row.ts';
import { planQuarantine, type QuarantinePlan } from './plan-quarantine.ts';
import { isConnectionLoss, openQuarantineSession } from './quarantine-session.ts';
import type { QuarantineEvidence, RunQuarantineOptions } from './request.ts';
import type { Refusal } from './watch/evidence.ts';
import { watchRefusals } from './watch/watch-refusals.ts';

/** `over`: the set time has passed. `blind`: no way of seeing is left. `ended`: somebody else ended it. */
export type Look = 'quiet' | 'refused' | 'blind' | 'ended' | 'over';

/** The quarantine of one database, from the first look to the end. */
export interface QuarantinedDatabase {
  readonly name: string;
  giveBackEarlier(): Promise<void>;
  /** False when taking privileges would prove nothing. */
  isWorthTaking(): boolean;
  begin(): Promise<void>;
  look(): Promise<Look>;
  end(because: QuarantineEnd): Promise<EndedQuarantine>;
  evidence(): Promise<QuarantineEvidence>;
  close(): Promise<void>;
}

/** Between two looks; a longer one is time in which nobody sampled. */
const LONGEST_GAP_MS = 5_000;
const PROVE_EVERY_MS = 60_000;

export async function openQuarantinedDatabase(
  system: System,
  options: RunQuarantineOptions,
  { name, target, doomed }: RunQuarantineOptions['databases'][number],
): Promise<QuarantinedDatabase> {
  let session = await openQuarantineSession(system, target);
  const connected = async (): Promise<Session> => {
    if (session.isLost) session = await openQuarantineSession(system, target);
    return session;
  };
  const plannedOptions = { doomed, ...(options.roles ? { roles: options.roles } : {}) };
  let plan: QuarantinePlan = await planQuarantine(session, plannedOptions);
  const watch = await watchRefusals(system, session, doomed);
  const refusals: Refusal[] = [];
  let current: Quarantine | undefined;
  let lookedAt = system.clock.monotonicMs();
  let provedAt = lookedAt;
  const canSee = (layer?: string) => watch.layers().some((one) => one.canSee && (layer ?? one.name) === one.name);

  /** Brings the watch up to now, on a connection that lasts. */
  const see = async (on: Session, quarantine: Quarantine): Promise<void> => {
    const now = system.clock.monotonicMs();
    const tables = [...new Set(plan.losses.map(({ table }) => table))];
    refusals.push(
      ...(await watch.look(on, { tables, unaffected: new Set(plan.unaffected), beganAt: quarantine.beganAt })),
    );
    // The log is read from where the last look ended, so that it has no gaps.
    if (now - lookedAt > LONGEST_GAP_MS && !canSee('server log')) await restartTime(on, quarantine, options.durationMs);
    lookedAt = now;
    if (now - provedAt < PROVE_EVERY_MS) return;
    await watch.proveAgain(on);
    provedAt = now;
  };

  return {
    name,
    async giveBackEarlier() {
      const inForce = await observeQuarantine(session, options.deployment);
      if (!inForce) return;
      await endQuarantine(system, session, { id: inForce.id, because: 'begun anew', epoch: options.epoch });
      plan = await planQuarantine(session, plannedOptions);
    },
    isWorthTaking: () => canSee() && !plan.findings.some(({ severity }) => severity === 'error'),
    async begin() {
      // What was refused before is nobody's doing.
      await watch.look(session, { tables: [], unaffected: new Set(), beganAt: 'infinity' });
      const begun = await beginQuarantine(system, session, { ...options, doomed });
      ({ plan, quarantine: current } = begun);
      lookedAt = system.clock.monotonicMs();
    },
    async look() {
      if (!current) return 'over';
      try {
        const on = await connected();
        const known = refusals.length;
        await see(on, current);
        if (refusals.length > known) return 'refused';
        if (!canSee()) return 'blind';
        return await judgeTime(on, current);
      } catch (error) {
        // Nobody can be refused by a server that is away; when it is back, the log tells what was, or the time begins anew.
        if (isConnectionLoss(error)) return 'quiet';
        throw error;
      }
    },
    async end(because) {
      if (!current) return { because: undefined, changed: [] };
      return endQuarantine(system, await connected(), { id: current.id, because, epoch: options.epoch });
    },
    async evidence() {
      const { losses, findings } = plan;
      const rollbacks = await watch.countRollbacks(await connected());
      return { database: name, losses, layers: watch.layers(), refusals, findings, rollbacks };
    },
    close: () => session.close(),
  };
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
