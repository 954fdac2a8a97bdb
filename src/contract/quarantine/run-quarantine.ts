import type { System } from '../../system/index.ts';
import type { EndedQuarantine } from './end-quarantine.ts';
import { openQuarantinedDatabase, type QuarantinedDatabase } from './quarantined-database.ts';
import type { QuarantineEvidence, RunQuarantineOptions } from './request.ts';

export type QuarantineOutcome =
  /** The set time passed and no statement was refused. The privileges are still taken, and are given back by `end`. */
  | 'clean'
  /** A statement was refused, and everything was given back. */
  | 'refused'
  /** Nobody could have seen a refused statement, or a role that is named or in use is not bound. Nothing is taken. */
  | 'unknown'
  /** Somebody else ended it. */
  | 'undone';

export interface QuarantineReport {
  readonly outcome: QuarantineOutcome;
  readonly evidence: readonly QuarantineEvidence[];
  /** Gives back what is still taken, and closes the sessions. To be called once, whatever the outcome. */
  end(because: 'contracted' | 'stopped'): Promise<readonly EndedQuarantine[]>;
}

/** Refused statements are seen, and undone, within this time. */
const LOOK_EVERY_MS = 50;

/** What several clients were refused at the same moment is told together. */
const LAST_LOOK_AFTER_MS = 250;

/**
 * Takes the privileges on what is doomed, in every database, and watches for the set time, by the clock of each database. The first refused
 * statement gives everything back, everywhere, at once. Time in which nobody could see does not count: it begins anew, and so does a
 * quarantine that an earlier run left in force.
 *
 * A clean one stays in force for what comes next; `end` must follow. When it throws, everything was given back before, unless the error is
 * `contract.quarantine-not-undone`. A process that is killed leaves it in force, with the undoing statement in the ledger.
 */
export async function runQuarantine(system: System, options: RunQuarantineOptions): Promise<QuarantineReport> {
  const opened: QuarantinedDatabase[] = [];
  const end = async (because: 'contracted' | 'stopped'): Promise<readonly EndedQuarantine[]> => {
    try {
      return await endAll(opened, because);
    } finally {
      await Promise.all(opened.map((database) => database.close()));
    }
  };
  try {
    for (const database of options.databases) opened.push(await openQuarantinedDatabase(system, options, database));
    const outcome = await hold(system, options, opened);
    options.onEvent?.({ type: 'quarantine.ended', outcome });
    return { outcome, evidence: await Promise.all(opened.map((database) => database.evidence())), end };
  } catch (error) {
    await end('stopped');
    throw error;
  }
}

async function hold(
  system: System,
  options: RunQuarantineOptions,
  databases: readonly QuarantinedDatabase[],
): Promise<QuarantineOutcome> {
  // What was left in force is taken up first of all: nobody watches it.
  for (const database of databases) await database.giveBackEarlier();
  if (!databases.every((database) => database.isWorthTaking())) return 'unknown';
  for (const database of databases) await database.begin();
  options.onEvent?.({
    type: 'quarantine.began',
    untilMs: options.durationMs,
    databases: databases.map(({ name }) => name),
  });
  for (;;) {
    options.signal.throwIfAborted();
    const looks = await Promise.all(databases.map((database) => database.look()));
    if (looks.includes('refused')) {
      await endAll(databases, 'refused');
      await system.clock.sleep(LAST_LOOK_AFTER_MS);
      await Promise.all(databases.map((database) => database.look()));
      return 'refused';
    }
    if (looks.includes('ended')) {
      await endAll(databases, 'stopped');
      return 'undone';
    }
    if (looks.includes('blind')) {
      await endAll(databases, 'unseen');
      return 'unknown';
    }
    if (looks.every((look) => look === 'over')) return 'clean';
    await system.clock.sleep(LOOK_EVERY_MS, options.signal);
  }
}

/** Every one of them, also when one cannot be; the first that could not is thrown. */
async function endAll(
  databases: readonly QuarantinedDatabase[],
  because: Parameters<QuarantinedDatabase['end']>[0],
): Promise<readonly EndedQuarantine[]> {
  const settled = await Promise.allSettled(databases.map((database) => database.end(because)));
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
