import { type ApplyReport, applyMigrations, type MigrationStatus, observeMigrations } from '../migrate/index.ts';
import { commandsOfPhase, compareVersions, declaredDataMigrations, type Release } from '../model/index.ts';
import { choosePath } from '../plan/index.ts';
import { chooseVersion } from '../release/index.ts';
import type { System } from '../system/index.ts';
import { observeConditions } from './conditions/observe-conditions.ts';
import { contractUnfinished } from './contract/errors.ts';
import { installDualWrite } from './data/dual-writes.ts';
import { assertDataComplete, listDualWritesOfHop } from './data-migrations.ts';

import { noPath, nothingInstalled, notOneHop, otherRunUnfinished, unknownDatabase } from './errors.ts';
import { assertNoRunElsewhere, findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import type { Lease } from './lease.ts';
import { observeCurrent } from './observe-control.ts';
import { createRunId } from './run-id.ts';
import { withLease } from './with-lease.ts';

export interface MigrateRequest {
  /** `expand` of the next release on the path, ahead of its upgrade; or `postdeploy` of the release that runs. */
  readonly phase: 'expand' | 'postdeploy';
  /** All of the deployment's databases when left out. */
  readonly database?: string;
  /** Where the path leads: a channel or a version; the deployment's channel when left out. */
  readonly version?: string;
  readonly dryRun: 'apply' | 'show';
  readonly signal: AbortSignal;
}

export interface MigratedDatabase {
  readonly database: string;
  readonly report: ApplyReport;
  /** Data migrations whose trigger was installed, or mended. */
  readonly dualWrites: readonly string[];
}

export interface MigratedDeployment {
  readonly release: string;
  readonly databases: readonly MigratedDatabase[];
  /** Commands of the product that this phase of the release has too; they are left to an upgrade. */
  readonly left: readonly string[];
}

/**
 * Moves the schema of a deployment alone, under its lease: what the release that runs tolerates (`expand`), or what it has left to do
 * (`postdeploy`). No service is touched, and no program of the product is run. An upgrade does the same as one of its steps.
 */
export async function migrateDeployment(
  system: System,
  installation: Installation,
  request: MigrateRequest,
): Promise<MigratedDeployment> {
  await assertNoRunElsewhere(system, installation);
  const { release, current } = await chooseRelease(system, installation, request);
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (unfinished?.state.start.kind === 'contract') throw contractUnfinished(unfinished.run, 'migrate');
  if (unfinished) {
    const { from, to } = unfinished.state.start;
    throw otherRunUnfinished({ run: unfinished.run, from, to }, release.version);
  }
  if (request.phase === 'postdeploy')
    await assertDataComplete(system, installation, declaredDataMigrations([release], { upTo: release.version }));
  const names = chooseDatabases(installation, request.database);
  const run = `migrate-${createRunId(system)}`;
  const left = commandsOfPhase(release, request.phase).map(({ name }) => name);
  if (request.dryRun === 'show')
    return {
      release: release.version,
      left,
      databases: await applyAll(system, installation, { request, release, current, names, run }),
    };
  return withLease(system, installation, {
    run,
    work: async (lease) => ({
      release: release.version,
      left,
      databases: await applyAll(system, installation, { request, release, current, names, run, lease }),
    }),
  });
}

/** How every database of the deployment compares with the release that would be applied to it. Changes nothing. */
export async function observeDeploymentMigrations(
  system: System,
  installation: Installation,
  request: Pick<MigrateRequest, 'database' | 'version'>,
): Promise<readonly MigrationStatus[]> {
  const { release } = await chooseRelease(system, installation, { ...request, phase: 'expand' });
  const files = await installation.source.migrationFiles(release);
  const statuses: MigrationStatus[] = [];
  for (const database of chooseDatabases(installation, request.database)) {
    const target = installation.databases.get(database);
    if (target) statuses.push(await observeMigrations(system, { database, target, files, upTo: release.version }));
  }
  return statuses;
}

interface Work {
  readonly request: MigrateRequest;
  readonly release: Release;
  /** The release that runs. */
  readonly current: string;
  readonly names: readonly string[];
  readonly run: string;
  readonly lease?: Lease;
}

async function applyAll(system: System, installation: Installation, work: Work): Promise<readonly MigratedDatabase[]> {
  const { request, release, names, run, lease } = work;
  const files = await installation.source.migrationFiles(release);
  const { deployment } = installation;
  const results: MigratedDatabase[] = [];
  for (const database of names) {
    const target = installation.databases.get(database);
    if (!target) continue;
    await lease?.assertHeld();
    const report = await applyMigrations(system, {
      database,
      target,
      files,
      phases: [request.phase],
      upTo: release.version,
      release: release.version,
      run,
      lockBudgetMs: deployment.lockBudgetMs,
      lockWaitMs: deployment.lockWaitMs,
      onEvent: (event) => system.log.emit(event),
      signal: lease ? AbortSignal.any([request.signal, lease.signal]) : request.signal,
      dryRun: request.dryRun === 'show',
      ...(lease ? { fence: { deployment: deployment.name, epoch: lease.epoch } } : {}),
    });
    const dualWrites = lease ? await installDualWrites(system, installation, { ...work, lease, database }) : [];
    results.push({ database, report, dualWrites });
  }
  return results;
}

/** The triggers of one database that have to be there once the release is expanded. */
async function installDualWrites(
  system: System,
  installation: Installation,
  work: Work & { readonly lease: Lease; readonly database: string },
): Promise<readonly string[]> {
  const { request, release, current, run, lease, database } = work;
  if (request.phase !== 'expand') return [];
  const signal = AbortSignal.any([request.signal, lease.signal]);
  const installed: string[] = [];
  for (const found of await listDualWritesOfHop(system, installation, { from: current, to: release.version })) {
    if (found.declared.database !== database) continue;
    if (await installDualWrite({ system, installation, lease, run, signal }, found)) installed.push(found.declared.id);
  }
  return installed;
}

/** The next release on the path for expand: only that one tolerates what runs. For postdeploy, the one that runs. */
async function chooseRelease(
  system: System,
  installation: Installation,
  request: Pick<MigrateRequest, 'phase' | 'version'>,
): Promise<{ readonly release: Release; readonly current: string }> {
  const current = (await observeCurrent(installation))?.release;
  if (current === undefined) throw nothingInstalled();
  const take = async (version: string) => ({ release: await installation.source.release(version), current });
  if (request.phase === 'postdeploy') return take(current);
  const catalog = await installation.source.catalog();
  const { version } = chooseVersion(catalog, {
    ...(request.version === undefined ? {} : { requested: request.version }),
    channel: installation.deployment.releases.channel,
    current,
  });
  if (compareVersions(version, current) === 0) return take(current);
  const { toolVersion } = installation.programs;
  const ends = { catalog, from: current, to: version };
  const conditions = await observeConditions(system, installation, ends);
  const path = choosePath({ ...ends, toolVersion, conditions });
  if (path.kind === 'none') throw noPath(current, version, path.findings);
  const [first] = path.hops;
  if (first && path.hops.length > 1 && request.version !== undefined) throw notOneHop(version, first.to);
  return take(first?.to ?? current);
}

function chooseDatabases(installation: Installation, wanted: string | undefined): readonly string[] {
  const known = installation.deployment.databases.map((database) => database.name);
  if (wanted === undefined) return known;
  if (!known.includes(wanted)) throw unknownDatabase(wanted, known);
  return [wanted];
}
