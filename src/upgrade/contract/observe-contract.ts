import { observeSessions } from '../../contract/index.ts';
import {
  type ContractDatabaseFact,
  type ContractFacts,
  compareVersions,
  type DatabaseFact,
  type DeclaredDataMigration,
  type DoomedObject,
  OnwardError,
  type Release,
} from '../../model/index.ts';
import type { MigrationFile } from '../../release/index.ts';
import { PostgresError, type Session, type System } from '../../system/index.ts';
import { NotCopied } from '../copy-schema.ts';
import { observeDualWrites } from '../data/dual-writes.ts';
import { listDeclared } from '../data-migrations.ts';
import type { Installation } from '../installation.ts';
import { observeLease } from '../observe-control.ts';
import { observeDatabase } from '../observe-database.ts';
import { observeInstances } from '../observe-facts.ts';
import { openScratchServer } from '../scratch-server.ts';
import { observeRemoval } from './observe-removal.ts';
import { observeStatements } from './observe-statements.ts';
import { observeWindows } from './observe-windows.ts';
import { listOwedToContract, observeOwedData } from './owed-data.ts';

const APPLICATION_NAME = 'onward contract';

export interface ContractFactsRequest {
  /** The release that runs, and the version up to which contract files are wanted. */
  readonly current: Release;
  readonly upTo: string;
  /** ISO 8601, by the clock of the control database. */
  readonly now: string;
  readonly unfinished: ContractFacts['unfinished'];
  /** The run that is being taken up; its own lease closes no gate. */
  readonly run?: string;
}

/** The facts, and the data migrations that have to be verified again under the locks. */
export interface ObservedContract {
  readonly facts: ContractFacts;
  readonly owed: readonly DeclaredDataMigration[];
}

/** Looks at everything that a contract run is decided from. Changes nothing and never caches. */
export async function observeContract(
  system: System,
  installation: Installation,
  request: ContractFactsRequest,
): Promise<ObservedContract> {
  const { current, upTo, now, unfinished } = request;
  const { deployment } = installation;
  const databases: ContractDatabaseFact[] = [];
  for (const { name } of deployment.databases)
    databases.push(await observeOne(system, installation, { ...request, name }));
  const pending = databases.flatMap((database) => database.pending ?? []);
  const lease = await observeLease(system, installation);
  const owed =
    pending.length === 0 ? [] : await listOwedToContract(installation, { upTo, doomed: listDoomed(databases) });
  const facts: ContractFacts = {
    deployment: deployment.name,
    product: current.product,
    current: current.version,
    upTo,
    now,
    lease: lease.kind === 'held' && lease.run === request.run ? { kind: 'free' } : lease,
    unfinished,
    releases: await loadBetween(installation, { current, upTo }),
    services: deployment.services.map(({ name }) => name),
    instances: await observeInstances(installation),
    databases,
    dataMigrations: { kind: 'seen', value: await observeOwedData(system, installation, owed) },
    windows: await observeWindows(installation, { pending, upTo }),
    clients: deployment.contract?.clients ?? [],
  };
  return { facts, owed };
}

function listDoomed(databases: readonly ContractDatabaseFact[]): readonly DoomedObject[] {
  return databases.flatMap(({ removal }) => (removal?.kind === 'seen' ? removal.value.doomed : []));
}

/** The releases from `upTo` to the one that runs. */
async function loadBetween(
  installation: Installation,
  { current, upTo }: { readonly current: Release; readonly upTo: string },
): Promise<readonly Release[]> {
  const { releases } = await installation.source.catalog();
  const versions = releases
    .map(({ version }) => version)
    .filter((version) => compareVersions(version, upTo) >= 0 && compareVersions(version, current.version) < 0)
    .sort(compareVersions);
  return [...(await Promise.all(versions.map((version) => installation.source.release(version)))), current];
}

async function observeOne(
  system: System,
  installation: Installation,
  request: ContractFactsRequest & { readonly name: string },
): Promise<ContractDatabaseFact> {
  const { name, current, upTo } = request;
  const found = await observeDatabase(system, installation, { name, release: current, firstInstalls: [] });
  const pending = found.pending?.filter(
    ({ phase, version }) => phase === 'contract' && compareVersions(version, upTo) <= 0,
  );
  const base: ContractDatabaseFact = {
    name,
    isReachable: found.isReachable,
    evidence: found.evidence,
    ...(found.drift ? { drift: found.drift } : {}),
    ...(pending ? { pending } : {}),
    hasBackup: installation.deployment.backup !== undefined,
  };
  if (pending === undefined || pending.length === 0 || found.serverVersion === undefined) return base;
  const files = (await installation.source.migrationFiles(current)).filter((file) =>
    pending.some(({ database, path }) => database === file.database && path === file.path),
  );
  return { ...base, ...(await lookInside(system, installation, { ...request, found, files })) };
}

interface Inside extends ContractFactsRequest {
  readonly name: string;
  readonly found: DatabaseFact;
  readonly files: readonly MigrationFile[];
}

/** Sessions, what goes, and what was asked: what cannot be seen is said, and the rest is looked at all the same. */
async function lookInside(
  system: System,
  installation: Installation,
  inside: Inside,
): Promise<Pick<ContractDatabaseFact, 'sessions' | 'removal' | 'statements'>> {
  const target = installation.databases.get(inside.name);
  if (!target) throw new Error(`There is no database ${inside.name}`);
  let live: Session | undefined;
  try {
    live = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
    const sessions = { kind: 'seen' as const, value: await observeSessions(live) };
    return { sessions, ...(await tryOut(system, installation, { ...inside, live })) };
  } catch (error) {
    const unknown = { kind: 'unknown' as const, evidence: describeFailure(error) };
    return { sessions: unknown, removal: unknown, statements: unknown };
  } finally {
    await live?.close();
  }
}

async function tryOut(
  system: System,
  installation: Installation,
  { name, found, files, upTo, live }: Inside & { readonly live: Session },
): Promise<Pick<ContractDatabaseFact, 'removal' | 'statements'>> {
  const target = installation.databases.get(name);
  if (!target) throw new Error(`There is no database ${name}`);
  try {
    const scratch = await openScratchServer(system, installation, found.serverVersion ?? live.serverVersion);
    try {
      const dualWrites = (await listDualWritesToRemove(system, installation, { database: name, upTo })).map(
        ({ id }) => id,
      );
      const { removal, copies, names } = await observeRemoval(system, { scratch, target, live, files, dualWrites });
      const evidence = 'the contract files could not be tried out';
      if (!copies) return { removal, statements: { kind: 'unknown', evidence } };
      const { deployment } = installation;
      const request = { target, live, deployment: deployment.name, upTo, copies, names };
      return { removal, statements: await observeStatements(system, request) };
    } finally {
      await scratch.close();
    }
  } catch (error) {
    const unknown = { kind: 'unknown' as const, evidence: describeFailure(error) };
    return { removal: unknown, statements: unknown };
  }
}

/** What nobody can be blamed for is unknown; a bug of ours is not. */
function describeFailure(error: unknown): string {
  if (error instanceof OnwardError) return `${error.message} ${error.hint}`;
  if (error instanceof NotCopied) return error.message;
  if (error instanceof PostgresError) return `trying it out failed: ${error.message} (${error.code})`;
  throw error;
}

/** The triggers for both shapes that are on record, of the releases up to this one. */
export async function listDualWritesToRemove(
  system: System,
  installation: Installation,
  { database, upTo }: { readonly database: string; readonly upTo: string },
): Promise<readonly { readonly id: string; readonly release: string }[]> {
  const target = installation.databases.get(database);
  if (!target) return [];
  const declared = await listDeclared(installation, { upTo });
  const owned = new Set(declared.filter((one) => one.declared.database === database).map((one) => one.declared.id));
  const records = await observeDualWrites(system, target);
  return records.filter(({ id, removedAt }) => removedAt === null && owned.has(id));
}
