import type { Instance } from '../deploy/index.ts';
import { checkClearText } from '../deployment/index.ts';
import {
  type Catalog,
  type ConditionFacts,
  compareVersions,
  contentOf,
  type DatabaseFact,
  type Digest,
  type Facts,
  type FrontendFact,
  type InstanceFact,
  type LeaseFact,
  type Listen,
  OnwardError,
  type Release,
  type Service,
} from '../model/index.ts';
import { isPortFree, type System } from '../system/index.ts';
import { type ObservedConfiguration, observeConfiguration } from './configuration/observe-configuration.ts';
import { digestConfig } from './desired.ts';
import type { Installation } from './installation.ts';
import { observeAcceptances } from './observe-acceptances.ts';
import { observeBypasses } from './observe-bypasses.ts';
import { observeCurrent, observeFirstInstalls, observeLease } from './observe-control.ts';
import { observeDataMigrationFacts } from './observe-data-migration-facts.ts';
import { observeDatabase } from './observe-database.ts';
import { observeRuntimes } from './observe-runtimes.ts';

export interface FactsRequest {
  readonly catalog: Catalog;
  /** The releases on the path, in order, without the current one. */
  readonly path: readonly string[];
  /** The run that is being taken up; its own lease and journal close no gate. */
  readonly run?: string;
  readonly unfinished?: Facts['unfinished'];
  /** The run that is being taken up has frozen its configuration: what the files say now closes no gate. */
  readonly isConfigured?: boolean;
  /** What was found of the stops and risks on the way; left out where nobody goes anywhere. */
  readonly conditions?: ConditionFacts;
  /** Goes on without the record of what is installed when the control database is away. */
  readonly mayLackRecord?: true;
}

/** Looks at everything a plan is made from. Changes nothing and never caches. */
export async function observeFacts(system: System, installation: Installation, request: FactsRequest): Promise<Facts> {
  const { deployment } = installation;
  const { current, firstInstalls, hiddenRecord } = await observeRecord(installation, request);
  const lease = await observeLease(system, installation);
  const releases = await loadReleases(installation, request, current?.release);
  const target = releases.get(request.path.at(-1) ?? current?.release ?? '');
  const configuration = await observeConfiguration(system, installation, {
    range: { from: current?.release, to: target?.version ?? '' },
    releases,
    isFrozen: request.isConfigured ?? false,
  });
  const onPath = request.path.flatMap((version) => releases.get(version) ?? []);
  const [instances, frontends, switchProgram, databases, configs, disk, runtimes] = await Promise.all([
    observeInstances(installation),
    observeFrontends(installation),
    installation.builtin.observeProgram(),
    Promise.all(
      deployment.databases.map(({ name }) =>
        observeDatabase(system, installation, { name, release: target, firstInstalls }),
      ),
    ),
    digestConfigs(system, installation, { releases, configuration }),
    observeDisk(system, installation, onPath),
    observeRuntimes(installation, onPath),
  ]);
  return {
    deployment,
    toolVersion: installation.programs.toolVersion,
    catalog: request.catalog,
    current,
    ...(hiddenRecord === undefined ? {} : { hiddenRecord }),
    releases,
    configs,
    configuration: configuration.facts,
    instances,
    frontends: await observeBypasses(installation, { frontends, instances }),
    ...(switchProgram ? { switchProgram } : {}),
    databases: await addProofs(system, installation, {
      databases,
      release: current && releases.get(request.path[0] ?? ''),
    }),
    dataMigrations: current
      ? await observeDataMigrationFacts(system, installation, { current, path: request.path })
      : [],
    lease: isOwn(lease, request.run) ? { kind: 'free' } : lease,
    unfinished: request.unfinished,
    remarks: checkClearText(deployment),
    ...(request.conditions ? { conditions: request.conditions } : {}),
    ...(hiddenRecord === undefined ? { acceptances: await observeAcceptances(installation) } : {}),
    ...(runtimes ? { runtimes } : {}),
    disk,
  };
}

async function observeRecord(
  installation: Installation,
  { mayLackRecord }: FactsRequest,
): Promise<Pick<Facts, 'current' | 'hiddenRecord'> & { readonly firstInstalls: readonly string[] }> {
  try {
    const current = await observeCurrent(installation);
    return { current, firstInstalls: current ? [] : await observeFirstInstalls(installation) };
  } catch (error) {
    if (!mayLackRecord || !(error instanceof OnwardError)) throw error;
    return { current: undefined, firstInstalls: [], hiddenRecord: error.message };
  }
}

/** What the next release's expand phase means for the statements that run now; nothing runs before the first install. */
async function addProofs(
  system: System,
  installation: Installation,
  { databases, release }: { readonly databases: readonly DatabaseFact[]; readonly release: Release | undefined },
): Promise<readonly DatabaseFact[]> {
  if (!release) return databases;
  const paths = new Set(release.migrations.map(({ path }) => path));
  return Promise.all(
    databases.map(async (database) => {
      const { name, serverVersion, pending = [] } = database;
      const wanted = pending.filter(({ phase, path }) => phase === 'expand' && paths.has(path));
      if (serverVersion === undefined || wanted.length === 0) return database;
      const { observeProof } = await import('./observe-proof.ts');
      const files = await installation.source.migrationFiles(release);
      const own = files.filter((file) =>
        wanted.some(({ database: of, path }) => of === file.database && path === file.path),
      );
      return {
        ...database,
        proof: await observeProof(system, installation, { database: name, serverVersion, pending: own }),
      };
    }),
  );
}

function isOwn(lease: LeaseFact, run: string | undefined): boolean {
  return lease.kind === 'held' && lease.run === run;
}

async function loadReleases(
  installation: Installation,
  request: FactsRequest,
  current: string | undefined,
): Promise<ReadonlyMap<string, Release>> {
  const known = new Set(request.catalog.releases.map((entry) => entry.version));
  const last = request.path.at(-1);
  // Those that the path jumps over declare data migrations too.
  const between = [...known].filter(
    (version) =>
      current !== undefined &&
      last !== undefined &&
      compareVersions(version, current) > 0 &&
      compareVersions(version, last) < 0,
  );
  const versions = [...new Set([...(current === undefined ? [] : [current]), ...between, ...request.path])].filter(
    (version) => known.has(version),
  );
  const releases = await Promise.all(versions.map((version) => installation.source.release(version)));
  return new Map(releases.map((release) => [release.version, release]));
}

export async function observeInstances(installation: Installation): Promise<readonly InstanceFact[]> {
  const { services } = installation.deployment;
  const lists = await Promise.all(services.map(({ name }) => listInstances(installation, name)));
  return lists
    .flat()
    .map(
      ({ id, service, release, identity, config, run, state, restarts, exit, address, alsoAt, place, log, note }) => ({
        id,
        service,
        release,
        identity,
        config,
        run,
        state,
        restarts,
        ...(address ? { address: describeListen(address) } : {}),
        ...(alsoAt ? { alsoAt: alsoAt.map(describeListen) } : {}),
        ...(place === undefined ? {} : { place }),
        ...(log === undefined ? {} : { log }),
        ...(note === undefined ? {} : { note }),
        ...(exit ? { exitCode: exit.code } : {}),
      }),
    );
}

/** Where what runs cannot be seen, because an engine is away, that is what is known of it. */
async function listInstances(installation: Installation, service: string): Promise<readonly Instance[]> {
  try {
    return await installation.runtimeOf(service).list(service);
  } catch (error) {
    if (!(error instanceof OnwardError && error.code === 'compose.no-engine')) throw error;
    const nothing = `sha256:${'0'.repeat(64)}` as const;
    const unseen = { release: '', kind: 'service', identity: nothing, config: nothing, run: '' } as const;
    return [{ id: service, service, ...unseen, state: 'unknown', restarts: 0 }];
  }
}

async function observeFrontends(installation: Installation): Promise<readonly FrontendFact[]> {
  const behind = installation.deployment.services.filter((service) => service.switch.kind !== 'none');
  const frontends = await Promise.all(
    behind.map(async (service) => {
      const { name } = service;
      const use = await observeUse(installation, service);
      const found = use?.problem ? undefined : await installation.switchOf(name).observe(name);
      const targets = found?.targets.map(({ id, state, address }) => ({ id, state, address: describeListen(address) }));
      const listen = found?.listen ? { listen: describeListen(found.listen) } : {};
      return { service: name, targets, ...listen, ...(use ? { use } : {}) };
    }),
  );
  const own = frontends.flatMap(({ listen }) => listen ?? []);
  return Promise.all(
    frontends.map(async (frontend) => {
      const service = requireService(installation, frontend.service);
      // Where another switch listens, its operator knows.
      if (service.switch.kind !== 'builtin' || own.includes(describeListen(service.switch.listen))) return frontend;
      const { host, port } = service.switch.listen;
      const isFree = await isPortFree(host, port);
      return { ...frontend, wanted: { address: describeListen(service.switch.listen), isFree } };
    }),
  );
}

/** Only a program of the operator's can be in a state in which it is of no use. */
async function observeUse(installation: Installation, service: Service): Promise<FrontendFact['use']> {
  const { name, switch: config } = service;
  if (config.kind !== 'haproxy') return undefined;
  const { mode, listen } = config;
  const problem = await installation.switchOf(name).check({ service: name, mode, ...(listen ? { listen } : {}) });
  return problem ? { problem: { message: problem.message, hint: problem.hint } } : {};
}

function describeListen({ host, port }: Listen): string {
  return `${host}:${port}`;
}

async function digestConfigs(
  system: System,
  installation: Installation,
  {
    releases,
    configuration,
  }: { readonly releases: ReadonlyMap<string, Release>; readonly configuration: ObservedConfiguration },
): Promise<ReadonlyMap<string, ReadonlyMap<string, Digest>>> {
  const digests = new Map<string, ReadonlyMap<string, Digest>>();
  for (const release of releases.values()) {
    const own = new Map<string, Digest>();
    const revisions = await configuration.revisionsOf(release.version);
    for (const service of installation.deployment.services) {
      const component = release.components.find((candidate) => candidate.service === service.name);
      if (component) own.set(service.name, await digestConfig(system, installation, { service, component, revisions }));
    }
    digests.set(release.version, own);
  }
  return digests;
}

async function observeDisk(
  system: System,
  installation: Installation,
  releases: readonly Release[],
): Promise<Facts['disk']> {
  const components = new Map(
    releases
      .flatMap((release) => release.components)
      .flatMap((component) => (component.kind === 'image' ? [] : [component]))
      .filter(({ service }) => isOnThisMachine(installation, service))
      .map((component) => [component.identity, component]),
  );
  let neededBytes = 0;
  for (const component of components.values()) {
    const path = installation.runtimeOf(component.service).locate(component);
    if (!(await system.files.exists(path))) neededBytes += contentOf(component).bytes;
  }
  return { neededBytes, freeBytes: await system.files.freeBytes(installation.deployment.stateDirectory) };
}

function isOnThisMachine(installation: Installation, service: string): boolean {
  return installation.deployment.services.some(({ name, runtime }) => name === service && runtime.kind === 'process');
}

/** The service of the deployment by this name, which the caller knows to be there. */
export function requireService(installation: Installation, name: string): Service {
  const service = installation.deployment.services.find((candidate) => candidate.name === name);
  if (!service) throw new Error(`The deployment has no service ${name}`);
  return service;
}
