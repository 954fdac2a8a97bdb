import {
  type EndedQuarantine,
  endQuarantine,
  observeQuarantine,
  openQuarantineSession,
  type QuarantineEnd,
} from '../contract/index.ts';
import { describeDoomed, type QuarantineFact } from '../model/index.ts';
import type { Session, System } from '../system/index.ts';
import type { Installation } from './installation.ts';

/** The quarantines that are in force, whoever watches them. Changes nothing. Throws where a database cannot be asked. */
export async function observeQuarantines(
  system: System,
  installation: Installation,
): Promise<readonly QuarantineFact[]> {
  const { databases, deployment } = installation;
  const found = await Promise.all(
    [...databases.keys()].map(async (database) => {
      const quarantine = await ask(system, installation, {
        database,
        question: (session) => observeQuarantine(session, deployment.name),
      });
      if (!quarantine) return [];
      const { id, run, until, undo, doomed } = quarantine;
      return [{ database, id, run, until, undo, doomed: doomed.map(describeDoomed) }];
    }),
  );
  return found.flat();
}

/** The control database has a connection already. */
async function ask<T>(
  system: System,
  installation: Installation,
  { database, question }: { readonly database: string; question(session: Pick<Session, 'query'>): Promise<T> },
): Promise<T> {
  const target = installation.databases.get(database);
  if (database === installation.deployment.control || !target) return question(installation.control);
  const session = await openQuarantineSession(system, target);
  try {
    return await question(session);
  } finally {
    await session.close();
  }
}

export interface UndoneQuarantine extends EndedQuarantine {
  readonly database: string;
  readonly doomed: readonly string[];
}

/**
 * Gives back what every quarantine in force has taken, whoever watches it: giving back is always safe, and whoever watches finds out. Throws
 * `contract.quarantine-not-undone`, with the others given back.
 */
export async function undoQuarantines(
  system: System,
  installation: Installation,
  { because = 'undone by hand' }: { readonly because?: QuarantineEnd } = {},
): Promise<readonly UndoneQuarantine[]> {
  const inForce = await observeQuarantines(system, installation);
  const settled = await Promise.allSettled(
    inForce.map(async ({ database, id, doomed }) => {
      const target = installation.databases.get(database);
      if (!target) throw new Error(`There is no database ${database}`);
      const session = await openQuarantineSession(system, target);
      try {
        return { database, doomed, ...(await endQuarantine(system, session, { id, because })) };
      } finally {
        await session.close();
      }
    }),
  );
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
