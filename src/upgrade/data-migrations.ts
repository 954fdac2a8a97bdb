import {
  createRateLimit,
  type DataMigrationStatus,
  type DryRun,
  type DualWriteState,
  observeParts,
  type PartsStatus,
  type ScopeChoice,
  type Wish,
  withSession,
} from '../data-migrate/index.ts';
import { compareVersions, type DeclaredDataMigration, declaredDataMigrations } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { createDataWorker } from './data/create-worker.ts';
import {
  assertDualWriteKept,
  type DeclaredDualWrite,
  listDualWrites,
  observeDeclaredDualWrite,
} from './data/dual-writes.ts';
import { runSideBySide } from './data/run-side-by-side.ts';
import type { DataWork, DataWorker } from './data/worker.ts';
import { dataIncomplete, nothingInstalled, otherRunUnfinished, unknownDataMigration } from './errors.ts';
import { assertNoRunElsewhere, findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import type { Lease } from './lease.ts';
import { observeCurrent } from './observe-control.ts';
import { prepareLedgers } from './prepare-ledgers.ts';
import { createRunId } from './run-id.ts';
import { withLease } from './with-lease.ts';

/** One data migration of the deployment: what the release declares, and what the ledger says. */
export interface ObservedDataMigration extends DeclaredDataMigration {
  readonly status: DataMigrationStatus;
  /** What the database has of its trigger for both shapes, when it declares one. */
  readonly dualWrite?: DualWriteState;
  /** Its parts, when it has a scope and has begun. */
  readonly parts?: PartsStatus;
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
    const status = await createDataWorker(system, installation, found).observe();
    const dualWrite = await observeDeclaredDualWrite(system, installation, found);
    const parts = await observeDeclaredParts(system, installation, found);
    observed.push({ ...found, status, ...(dualWrite ? { dualWrite } : {}), ...(parts ? { parts } : {}) });
  }
  return observed;
}

async function observeDeclaredParts(
  system: System,
  installation: Installation,
  { declared }: DeclaredDataMigration,
): Promise<PartsStatus | undefined> {
  const target = installation.databases.get(declared.database);
  if (!declared.scope || !target) return undefined;
  return withSession(system, target, (session) => observeParts(session, declared.id));
}

/** Asks for a pause or an end, or takes that back, whoever holds the lease. Gives the status from now on. */
export async function requestDataMigration(
  system: System,
  installation: Installation,
  { id, wish }: { readonly id: string; readonly wish: Wish },
): Promise<string> {
  const found = await findKnown(system, installation, id);
  await prepareLedgers(system, installation);
  return createDataWorker(system, installation, found).request(wish);
}

/** Rows that are still in the old shape. Changes nothing. */
export async function verifyDeploymentData(system: System, installation: Installation, id: string): Promise<number> {
  const found = await findKnown(system, installation, id);
  return createDataWorker(system, installation, found).verify();
}

/** Tries the first range out, and changes nothing. */
export async function sampleDeploymentData(system: System, installation: Installation, id: string): Promise<DryRun> {
  const found = await findKnown(system, installation, id);
  return createDataWorker(system, installation, found).sample(installation.deployment.pacing);
}

/**
 * Runs one data migration of a deployment to its end, under its lease, also one of a run that is parked: that run finds it complete then.
 * Without an id, every one that is neither complete nor stopped by the operator, as many at once as the pacing allows. Throws
 * `upgrade.data-incomplete` when one did not get there, `upgrade.other-run-unfinished` for a run that is going back, and the reason of the
 * signal.
 */
export async function runDeploymentData(
  system: System,
  installation: Installation,
  { id, signal, scope }: { readonly id?: string; readonly signal: AbortSignal; readonly scope?: ScopeChoice },
): Promise<void> {
  await assertNoRunElsewhere(system, installation);
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  // Nobody holds the lease of a parked run, and batches are no step of its journal. What goes back needs the new shape no more.
  if (unfinished?.state.direction === 'back') {
    const { from, to } = unfinished.state.start;
    throw otherRunUnfinished(
      { run: unfinished.run, from, to },
      id === undefined ? 'data migrations' : `data migration ${id}`,
    );
  }
  const found = id === undefined ? await listOpen(system, installation) : [await findKnown(system, installation, id)];
  const run = `data-${createRunId(system)}`;
  const { deployment } = installation;
  const runAll = async (lease: Lease): Promise<void> => {
    const rate = createRateLimit(system.clock, deployment.pacing.rowsPerSecond);
    const work = { system, installation, lease, run, rate, ...(scope ? { scope } : {}) };
    await runSideBySide(found, {
      parallel: deployment.pacing.parallel,
      signal: AbortSignal.any([signal, lease.signal]),
      complete: async (one, stop) => {
        await completeDataMigration({ ...work, signal: stop }, one);
      },
    });
  };
  await withLease(system, installation, { run, work: runAll });
}

/**
 * Runs one data migration, or one part of it, unless it is complete, which is counted again. Throws unless it, or its part, is complete then,
 * and gives what is on record.
 */
export async function completeDataMigration(
  work: DataWork,
  found: DeclaredDataMigration,
): Promise<DataMigrationStatus> {
  const worker = createDataWorker(work.system, work.installation, found);
  await assertDualWriteKept(work.system, work.installation, found);
  if (await isComplete(worker)) return worker.observe();
  const { id } = found.declared;
  const emit = (type: string, outcome?: string) =>
    work.system.log.emit({ type, id, run: work.run, step: 'data', ...(outcome === undefined ? {} : { outcome }) });
  emit('data.started');
  let ended = 'stopped';
  try {
    const outcome = await worker.run(work);
    ended = outcome.kind;
    if (outcome.kind !== 'completed' && outcome.kind !== 'part-completed') throw dataIncomplete(id, outcome);
  } finally {
    emit('data.finished', ended);
  }
  return worker.observe();
}

/** Throws unless every data migration that this release needs before postdeploy is complete; it is counted again, whatever is on record. */
export async function assertDataComplete(
  system: System,
  installation: Installation,
  needed: readonly DeclaredDataMigration[],
): Promise<void> {
  for (const found of needed) {
    if (found.declared.before !== 'postdeploy') continue;
    await assertDualWriteKept(system, installation, found);
    if (!(await isComplete(createDataWorker(system, installation, found))))
      throw dataIncomplete(found.declared.id, { kind: 'pending' });
  }
}

async function isComplete(worker: DataWorker): Promise<boolean> {
  const { status } = await worker.observe();
  return status === 'completed' && (await worker.verify()) === 0;
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

/** The triggers that have to be there once a hop is expanded: those that it owes, and those that are on record as installed. */
export async function listDualWritesOfHop(
  system: System,
  installation: Installation,
  hop: { readonly from: string; readonly to: string },
): Promise<readonly DeclaredDualWrite[]> {
  const owed = await listOwed(installation, hop);
  return listDualWrites(system, installation, { owed, known: await listDeclared(installation, { upTo: hop.to }) });
}

/** What the releases of a range declare, oldest first. Without `after`, all up to the last one. */
export async function listDeclared(
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

/** Those of the releases up to the one that runs, or that an unfinished run goes to. */
export async function listKnown(system: System, installation: Installation): Promise<readonly DeclaredDataMigration[]> {
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  const upTo = unfinished?.state.start.to ?? (await observeCurrent(installation))?.release;
  if (upTo === undefined) throw nothingInstalled();
  return listDeclared(installation, { upTo });
}

/** Those that are left to do, each once. A paused or cancelled one is left as it is. */
async function listOpen(system: System, installation: Installation): Promise<readonly DeclaredDataMigration[]> {
  const newest = new Map((await listKnown(system, installation)).map((found) => [found.declared.id, found]));
  const open: DeclaredDataMigration[] = [];
  for (const found of newest.values()) {
    const { status, wanted } = await createDataWorker(system, installation, found).observe();
    if (wanted === null && !['completed', 'paused', 'cancelled'].includes(status)) open.push(found);
  }
  return open;
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
