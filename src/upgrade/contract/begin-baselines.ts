import { recordBaseline } from '../../contract/index.ts';
import { observeCounters } from '../../lint/index.ts';
import { type ContractFacts, OnwardError, type StatementsFact } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';

const APPLICATION_NAME = 'onward contract';

/** Reads the counters of one database and keeps them as a baseline of a release. False when the server does not count statements. */
export async function takeBaseline(
  system: System,
  installation: Installation,
  { database, release }: { readonly database: string; readonly release: string },
): Promise<boolean> {
  const target = installation.databases.get(database);
  if (!target) throw new Error(`There is no database ${database}`);
  const session = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
    const counters = await observeCounters(session, target);
    await recordBaseline(session, { deployment: installation.deployment.name, release, counters });
    return true;
  } catch (error) {
    if (error instanceof OnwardError && error.code === 'lint.cannot-record') return false;
    throw error;
  } finally {
    await session.close();
  }
}

/** Begins to observe where there is nothing to compare with, and says so in the facts. */
export async function beginBaselines(
  system: System,
  installation: Installation,
  facts: ContractFacts,
): Promise<ContractFacts> {
  const databases: ContractFacts['databases'][number][] = [];
  for (const database of facts.databases) {
    const { name, statements } = database;
    const isLacking = statements?.kind === 'no-baseline';
    const isBegun = isLacking && (await takeBaseline(system, installation, { database: name, release: facts.current }));
    const begun: StatementsFact | undefined = isLacking && isBegun ? { ...statements, begunAt: facts.now } : statements;
    databases.push({ ...database, ...(begun ? { statements: begun } : {}) });
  }
  return { ...facts, databases };
}
