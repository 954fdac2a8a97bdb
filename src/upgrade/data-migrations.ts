import {
  type DataMigrationStatus,
  type DryRun,
  observeDataMigration,
  openSession,
  requestWish,
  runDataMigration,
  sampleDataMigration,
  verifyDataMigration,
  type Wish,
} from '../data-migrate/index.ts';
import { compareVersions, type DeclaredDataMigration, declaredDataMigrations } from '../model/index.ts';
import type { ConnectionTarget, Session, System } from '../system/index.ts';
import { dataIncomplete, nothingInstalled, otherRunUnfinished, unknownDataMigration } from './errors.ts';
import { assertNoRunElsewhere, findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import { acquireLease, type Lease } from './lease.ts';
import { observeCurrent } from './observe-control.ts';
import { prepareLedgers } from './prepare-ledgers.ts';
import { createRunId } from './run-id.ts';

/** One data migration of the deployment: what the release declares, and what the ledger says. */
export interface ObservedDataMigration extends DeclaredDataMigration {
  readonly status: DataMigrationStatus;
}

/** Those of the releases up to the one that runs, or that an unfinished run goes to, with what is on record. Changes nothing. */
export async function observeDataMigrations(
  system: System,
  installation: Installation,
  { id }: { readonly id?: string } = {},
): Promise<readonly ObservedDataMigration[]> {
  const observed: ObservedDataMigration[] = [];
  const wanted = id === undefined ? await listKnown(system, installation) : [await findKnown(system, installation, id)];
  for (const found of wanted) {
    const status = await withSession(system, targetOf(installation, found), (session) =>
      observeDataMigration(session, found.declared.id),
    );
    observed.push({ ...found, status });
  }
  return observed;
}

/** Asks for a pause or an end, or takes that back, whoever holds the lease. Gives the status from now on. */
export async function requestDataMigration(
  system: System,
  installation: Installation,
  { id, wish }: { readonly id: string; readonly wish: Wish },
): Promise<string> {
  const found = await findKnown(system, installation, id);
  await prepareLedgers(system, installation);
  return withSession(system, targetOf(installation, found), (session) =>
    requestWish(session, { id, release: found.release, wish }),
  );
}

/** Rows that are still in the old shape. Changes nothing. */
export async function verifyDeploymentData(system: System, installation: Installation, id: string): Promise<number> {
  const found = await findKnown(system, installation, id);
  return withSession(system, targetOf(installation, found), (session) => verifyDataMigration(session, found.declared));
}

/** Looks at the first range, and changes nothing. */
export async function sampleDeploymentData(system: System, installation: Installation, id: string): Promise<DryRun> {
  const found = await findKnown(system, installation, id);
  return sampleDataMigration(system, { target: targetOf(installation, found), declared: found.declared });
}

/**
 * Runs one data migration of a deployment to its end, under its lease. Throws `upgrade.data-incomplete` when it did not get there, and the
 * reason of the signal.
 */
export async function runDeploymentData(
  system: System,
  installation: Installation,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
): Promise<void> {
  await assertNoRunElsewhere(system, installation);
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (unfinished) {
    const { from, to } = unfinished.state.start;
    throw otherRunUnfinished({ run: unfinished.run, from, to }, `data migration ${id}`);
  }
  const found = await findKnown(system, installation, id);
  const run = `data-${createRunId(system)}`;
  await prepareLedgers(system, installation);
  const { deployment, control, databases } = installation;
  const lease = await acquireLease(system, { deployment, control, databases, run });
  try {
    await installation.fence.raise(lease.epoch);
    await completeDataMigration(
      { system, installation, lease, run, signal: AbortSignal.any([signal, lease.signal]) },
      found,
    );
  } finally {
    await lease.release().catch(() => {});
  }
}

export interface DataWork {
  readonly system: System;
  readonly installation: Installation;
  readonly lease: Lease;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** Runs one data migration unless it is complete, which is counted again. Throws unless it is complete then. */
export async function completeDataMigration(work: DataWork, found: DeclaredDataMigration): Promise<void> {
  const { system, installation, lease, run, signal } = work;
  const target = targetOf(installation, found);
  const { declared, release } = found;
  if (await isComplete(system, target, found)) return;
  const outcome = await runDataMigration(system, {
    declared,
    target,
    release,
    run,
    fence: { deployment: installation.deployment.name, epoch: lease.epoch },
    signal,
    beforeBatch: () => lease.assertHeld(),
    onEvent: (event) => system.log.emit({ ...event, run, step: 'data' }),
  });
  if (outcome.kind !== 'completed') throw dataIncomplete(declared.id, outcome);
}

/** Throws unless every data migration that this release needs before postdeploy is complete; it is counted again, whatever is on record. */
export async function assertDataComplete(
  system: System,
  installation: Installation,
  needed: readonly DeclaredDataMigration[],
): Promise<void> {
  for (const found of needed) {
    if (found.declared.before === 'postdeploy' && !(await isComplete(system, targetOf(installation, found), found)))
      throw dataIncomplete(found.declared.id, { kind: 'pending' });
  }
}

async function isComplete(
  system: System,
  target: ConnectionTarget,
  { declared }: DeclaredDataMigration,
): Promise<boolean> {
  return withSession(system, target, async (session) => {
    const { status } = await observeDataMigration(session, declared.id);
    return status === 'completed' && (await verifyDataMigration(session, declared)) === 0;
  });
}

/** The data migrations that a hop owes: those of its release, and of the releases that it jumps over. */
export async function listOwed(
  installation: Installation,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly DeclaredDataMigration[]> {
  // A first install has no rows of before, but for those that its own migrations made.
  if (from === 'none') return declaredDataMigrations([await installation.source.release(to)], { upTo: to });
  return listDeclared(installation, { after: from, upTo: to });
}

async function listDeclared(
  installation: Installation,
  range: { readonly after?: string; readonly upTo: string },
): Promise<readonly DeclaredDataMigration[]> {
  const { after, upTo } = range;
  const { releases } = await installation.source.catalog();
  const wanted = releases.filter(
    ({ version }) =>
      compareVersions(version, upTo) <= 0 && (after === undefined || compareVersions(version, after) > 0),
  );
  return declaredDataMigrations(
    await Promise.all(wanted.map(({ version }) => installation.source.release(version))),
    range,
  );
}

async function listKnown(system: System, installation: Installation): Promise<readonly DeclaredDataMigration[]> {
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  const upTo = unfinished?.state.start.to ?? (await observeCurrent(installation))?.release;
  if (upTo === undefined) throw nothingInstalled();
  return listDeclared(installation, { upTo });
}

/** The newest release's, when several declare the same id. */
async function findKnown(system: System, installation: Installation, id: string): Promise<DeclaredDataMigration> {
  const known = await listKnown(system, installation);
  const found = known.findLast(({ declared }) => declared.id === id);
  if (!found)
    throw unknownDataMigration(
      id,
      known.map(({ declared }) => declared.id),
    );
  return found;
}

function targetOf(installation: Installation, { declared, release }: DeclaredDataMigration): ConnectionTarget {
  const target = installation.databases.get(declared.database);
  if (!target)
    throw new Error(`Release ${release} names database ${declared.database}, which onward.yaml does not have`);
  return target;
}

async function withSession<T>(
  system: System,
  target: ConnectionTarget,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(system, target);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
