import type { DataMigrationStatus } from '../data-migrate/index.ts';
import {
  compareVersions,
  type DataMigrationFact,
  type DeclaredDataMigration,
  formatCount,
  isVersion,
  OnwardError,
} from '../model/index.ts';
import type { System } from '../system/index.ts';
import { createDataWorker } from './data/create-worker.ts';
import { assertDualWriteKept } from './data/dual-writes.ts';
import { listDeclared } from './data-migrations.ts';
import type { Installation } from './installation.ts';

/**
 * How far those data migrations are that a version on the path needs, of the releases up to the one that runs. What is on record counts: after
 * contract, a verification would have nothing left to look at. Changes nothing; what cannot be seen is `unknown`.
 */
export async function observeDataMigrationFacts(
  system: System,
  installation: Installation,
  { current, path }: { readonly current: { readonly release: string }; readonly path: readonly string[] },
): Promise<readonly DataMigrationFact[]> {
  if (path.length === 0) return [];
  const declared = await listDeclared(installation, { upTo: current.release });
  // The newest release's, when several declare the same id: both are the same row of the ledger.
  const newest = new Map(declared.map((found) => [`${found.declared.database}/${found.declared.id}`, found]));
  const wanted = [...newest.values()].filter(
    ({ declared: { before } }) => isVersion(before) && path.some((version) => compareVersions(version, before) >= 0),
  );
  return Promise.all(wanted.map((found) => observeFact(system, installation, found)));
}

async function observeFact(
  system: System,
  installation: Installation,
  found: DeclaredDataMigration,
): Promise<DataMigrationFact> {
  const { id, database, before } = found.declared;
  const base = { id, database, before, release: found.release };
  try {
    const status = await createDataWorker(system, installation, found).observe();
    const isCompleted = status.status === 'completed' && (status.remaining ?? 0) === 0;
    const fact = {
      ...base,
      state: isCompleted ? 'completed' : 'incomplete',
      evidence: describeStatus(status),
    } as const;
    const broken = await findBrokenDualWrite(system, installation, found);
    return broken === undefined ? fact : { ...fact, evidence: broken, isDualWriteBroken: true };
  } catch (error) {
    return { ...base, state: 'unknown', evidence: error instanceof Error ? error.message : String(error) };
  }
}

function describeStatus({ status, remaining, verifiedAt, changed }: DataMigrationStatus): string {
  if (status === 'completed') return `it is completed, and was verified at ${verifiedAt ?? 'an unknown time'}`;
  const left = remaining === null ? '' : `, with ${formatCount(remaining, 'row')} in the old shape`;
  return status === 'pending' && changed === 0 ? 'it has not begun' : `it is ${status}${left}`;
}

/** Why its trigger does not fire although it is on record as installed. */
async function findBrokenDualWrite(
  system: System,
  installation: Installation,
  found: DeclaredDataMigration,
): Promise<string | undefined> {
  try {
    await assertDualWriteKept(system, installation, found);
    return undefined;
  } catch (error) {
    const isBroken =
      error instanceof OnwardError &&
      ['data-migrate.no-dual-write', 'data-migrate.dual-write-disabled'].includes(error.code);
    if (!isBroken) throw error;
    return 'its trigger for both shapes does not fire as declared, so rows may be written in the old shape alone';
  }
}
