import { loadContracted } from '../../contract/index.ts';
import {
  type ContractDataFact,
  compareVersions,
  type DeclaredDataMigration,
  type DoomedObject,
  isVersion,
  type Observed,
  OnwardError,
} from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { createDataWorker } from '../data/create-worker.ts';
import { listDeclared } from '../data-migrations.ts';
import type { Installation } from '../installation.ts';

/**
 * The data migrations that must be complete before the old shape goes, of the releases up to this one. What was installed anew at a later
 * release owes nothing of before, and what an earlier contract run has seen through is not asked again.
 */
export async function listOwedToContract(
  installation: Installation,
  { upTo, doomed }: { readonly upTo: string; readonly doomed: readonly DoomedObject[] },
): Promise<readonly DeclaredDataMigration[]> {
  const { first, contracted } = await loadFloor(installation);
  const declared = await listDeclared(installation, { upTo });
  return declared.filter(({ release, declared: migration }) => {
    if (first !== undefined && compareVersions(release, first) < 0) return false;
    if (contracted !== undefined && compareVersions(release, contracted) <= 0) return false;
    const { before } = migration;
    const isLater = isVersion(before) && compareVersions(before, upTo) > 0;
    // It is not asked for yet, unless its table is what goes.
    return !isLater || migration.kind !== 'sql' || doomed.some(({ table }) => table === lastOf(migration.table));
  });
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The release that was installed first, and the newest one whose old shape is gone. */
async function loadFloor({
  control,
  deployment,
}: Installation): Promise<{ readonly first: string | undefined; readonly contracted: string | undefined }> {
  const { rows } = await control.query<{ kind: string; from: string; to: string; outcome: string }>(
    `select kind, from_release as "from", to_release as "to", outcome from onward.run where deployment = $1
     and (from_release = 'none' or kind = 'contract') order by started_at`,
    [deployment.name],
  );
  const first = rows.find(({ from, outcome }) => from === 'none' && outcome === 'committed')?.to;
  // One that ended behind its changes, at a check, has removed all that it was to remove.
  const done = rows.filter(
    ({ kind, outcome }) => kind === 'contract' && ['committed', 'needs-operator'].includes(outcome),
  );
  const contracted = done
    .map(({ to }) => to)
    .sort(compareVersions)
    .at(-1);
  return { first, contracted };
}

/** How each one stands, counted now. Changes nothing. */
export async function observeOwedData(
  system: System,
  installation: Installation,
  owed: readonly DeclaredDataMigration[],
): Promise<readonly ContractDataFact[]> {
  const facts: ContractDataFact[] = [];
  for (const found of owed) facts.push(await observeOne(system, installation, found));
  return facts;
}

async function observeOne(
  system: System,
  installation: Installation,
  found: DeclaredDataMigration,
): Promise<ContractDataFact> {
  const base = { id: found.declared.id, release: found.release };
  try {
    const worker = createDataWorker(system, installation, found);
    const { status } = await worker.observe();
    const remaining = status === 'completed' ? await worker.verify() : undefined;
    return { ...base, state: seen({ status, remaining }) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The first of several files has removed it, under whose lock it was verified, and the run was cut off behind that.
    if (isGone(error) && (await isContracted(system, installation, found)))
      return { ...base, state: seen({ status: 'completed', remaining: 0 }) };
    const hint = error instanceof OnwardError ? ` ${error.hint}` : '';
    return { ...base, state: { kind: 'unknown', evidence: `${error.message}${hint}` } };
  }
}

/** The verification asks for a column or a table that is not there any more. */
function isGone(error: Error): boolean {
  const isRefused = error instanceof OnwardError && error.code === 'data-migrate.verification-refused';
  return isRefused && /\((42703|42P01)\)/.test(error.message);
}

/** A contract file was held to it under its lock, and is applied. */
export async function isContracted(
  system: System,
  installation: Installation,
  { declared }: DeclaredDataMigration,
): Promise<boolean> {
  const target = installation.databases.get(declared.database);
  if (!target) return false;
  const session = await system.postgres.connect(target, { applicationName: 'onward contract' });
  try {
    return (await loadContracted(session)).has(declared.id);
  } finally {
    await session.close();
  }
}

function seen<T>(value: T): Observed<T> {
  return { kind: 'seen', value };
}
