import {
  closest,
  type DatabaseFact,
  type Facts,
  type FrontendFact,
  formatBytes,
  formatDuration,
  type Gate,
  type Release,
  type Service,
  satisfiesRange,
} from '../model/index.ts';
import { digestOfRisk } from './acceptances.ts';
import { addedMigrations } from './added-migrations.ts';
import { buildConfigurationGates } from './configuration-gates.ts';
import { buildDataMigrationGates } from './data-migration-gates.ts';
import { gate } from './gate.ts';
import { buildCommandGates } from './migration-commands.ts';
import { buildPlaceGates } from './place-gates.ts';
import type { PlanRequest } from './plan-request.ts';
import { chooseRollClass } from './roll-class.ts';

/** Room that must stay free beside the artifacts: journals, logs, and the database on the same disk. */
const DISK_MARGIN_BYTES = 64 * 1024 * 1024;

/** Every condition that must hold before the first step changes anything. What could not be seen is `unknown`, which counts as closed. */
export function buildGates(facts: Facts, request: PlanRequest): readonly Gate[] {
  return [
    leaseGate(facts),
    unfinishedGate(facts),
    ...facts.databases.flatMap((database) => databaseGates(facts, request, database)),
    ...buildDataMigrationGates(facts, request),
    ...servicesGates(facts, request),
    ...facts.frontends.flatMap(addressGate),
    ...facts.frontends.flatMap(useGate),
    ...buildConfigurationGates(facts, request),
    ...buildCommandGates(facts, request),
    ...buildPlaceGates(facts, request),
    runningGate(facts, request),
    diskGate(facts),
  ];
}

export function leaseGate({ lease }: Pick<Facts, 'lease'>): Gate {
  const title = 'No other operator is at work';
  switch (lease.kind) {
    case 'free':
      return gate('lease', title, 'open', 'the lease is free');
    case 'held':
      return gate(
        'lease',
        title,
        'closed',
        `run ${lease.run} holds the lease for another ${formatDuration(lease.expiresInMs)}`,
        'onward status',
      );
    case 'unknown':
      return gate('lease', title, 'unknown', lease.evidence, 'onward doctor');
  }
}

export function unfinishedGate({ unfinished }: Pick<Facts, 'unfinished'>): Gate {
  const title = 'No run is unfinished';
  if (!unfinished) return gate('unfinished', title, 'open', 'every run has ended');
  return gate(
    'unfinished',
    title,
    'closed',
    `run ${unfinished.run} from ${unfinished.from} to ${unfinished.to} has not ended`,
    unfinished.command ?? 'onward upgrade',
  );
}

function databaseGates(facts: Facts, request: PlanRequest, database: DatabaseFact): readonly Gate[] {
  const reachable = reachableGate(database);
  if (!database.isReachable) return [reachable];
  return [
    reachable,
    ...serverGates(facts, request, database),
    ledgerGate(database),
    ...proofGate(request, database),
    ...emptyGate(facts, request, database),
  ];
}

export function reachableGate({
  name,
  isReachable,
  evidence,
}: Pick<DatabaseFact, 'name' | 'isReachable' | 'evidence'>): Gate {
  const title = `Database ${name} can be reached`;
  return gate(`database:${name}`, title, isReachable ? 'open' : 'closed', evidence, 'onward doctor');
}

/** The server's version and extensions, for every release on the path. */
function serverGates(facts: Facts, request: PlanRequest, database: DatabaseFact): readonly Gate[] {
  const needs = request.hops
    .map(({ to }) => facts.releases.get(to)?.databases.find((candidate) => candidate.name === database.name))
    .filter((need) => need !== undefined);
  const gates: Gate[] = [];
  const ranges = [...new Set(needs.flatMap((need) => need.server ?? []))];
  if (ranges.length > 0) {
    const version = database.serverVersion;
    const text = version === undefined ? undefined : `${Math.floor(version / 10_000)}.${version % 10_000}.0`;
    const state =
      text === undefined ? 'unknown' : ranges.every((range) => satisfiesRange(text, range)) ? 'open' : 'closed';
    const evidence = `the server is ${text ?? 'of an unknown version'}, the path needs ${ranges.join(' and ')}`;
    gates.push(gate(`server:${database.name}`, `The server of ${database.name} is new enough`, state, evidence));
  }
  const wanted = [...new Set(needs.flatMap((need) => need.extensions))];
  const missing = wanted.filter((extension) => !database.extensions?.includes(extension));
  if (wanted.length > 0) {
    const state = database.extensions === undefined ? 'unknown' : missing.length === 0 ? 'open' : 'closed';
    const evidence =
      missing.length === 0
        ? `${wanted.join(', ')} can be used`
        : `${missing.join(', ')} cannot be installed on this server`;
    gates.push(
      gate(`extensions:${database.name}`, `The server of ${database.name} has the extensions`, state, evidence),
    );
  }
  return gates;
}

export function ledgerGate({ name, drift }: Pick<DatabaseFact, 'name' | 'drift'>): Gate {
  const title = `The ledger of ${name} agrees with the release's files`;
  if (drift === undefined)
    return gate(`ledger:${name}`, title, 'unknown', 'the ledger could not be read', 'onward doctor');
  if (drift.length === 0) return gate(`ledger:${name}`, title, 'open', 'every applied file is the one the release has');
  const evidence = drift.map((finding) => finding.message).join('; ');
  return gate(`ledger:${name}`, title, 'closed', evidence, 'onward doctor');
}

/**
 * The old version goes on working while the new schema is there. Where it cannot be tried out, a remark of the plan says so. What could be
 * tried out and was not can be accepted, for this release; what would break cannot.
 */
function proofGate({ hops }: PlanRequest, { name, proof }: DatabaseFact): readonly Gate[] {
  if (!proof || proof.state === 'not-configured') return [];
  const state = { proved: 'open', breaks: 'closed' } as const;
  const title = `What services ask of ${name} still works after the expand phase`;
  const id = `queries:${name}`;
  if (proof.state !== 'unknown') return [gate(id, title, state[proof.state], proof.evidence)];
  const content = digestOfRisk({ risk: id, release: hops[0]?.to });
  return [{ ...gate(id, title, 'unknown', proof.evidence, `onward accept ${id} --reason '...'`), risk: id, content }];
}

/** A first install goes into an empty database, so that nothing of somebody else's is mixed up with the product. */
function emptyGate(facts: Facts, request: PlanRequest, database: DatabaseFact): readonly Gate[] {
  // A first install that is taken up again has filled it itself.
  if (facts.current || request.isResumed || database.isEmpty === undefined) return [];
  const state = database.isEmpty || database.isBegun ? 'open' : 'closed';
  const evidence = database.isEmpty
    ? 'it holds no tables'
    : database.isBegun
      ? 'it holds what an earlier attempt has applied, which the ledger knows'
      : 'it holds tables, and no release is recorded as installed; put what runs on record by "onward adopt release", or name an empty database';
  const command = `onward adopt release ${request.hops.at(-1)?.to ?? ''}`.trimEnd();
  return [gate(`empty:${database.name}`, `Database ${database.name} is empty`, state, evidence, command)];
}

/** Where the switch does not listen yet, somebody else may; that must be known before the first change. */
function addressGate({ service, wanted }: FrontendFact): readonly Gate[] {
  if (!wanted) return [];
  const { address, isFree } = wanted;
  const evidence = isFree ? `${address} is free` : `${address} cannot be listened on; another process may use it`;
  const port = address.slice(address.lastIndexOf(':') + 1);
  const title = `The switch can listen for ${service}`;
  return [gate(`address:${service}`, title, isFree ? 'open' : 'closed', evidence, `ss -ltnp 'sport = :${port}'`)];
}

/** A switch that could not be used would be found out in the middle of a run. */
function useGate({ service, use }: FrontendFact): readonly Gate[] {
  if (!use) return [];
  const { problem } = use;
  const evidence = problem?.message ?? 'it answers, and nothing is in the way';
  return [
    gate(
      `switch:${service}`,
      `The switch of ${service} can be used`,
      problem ? 'closed' : 'open',
      evidence,
      'onward doctor',
    ),
  ];
}

/**
 * Every service of the deployment exists in the target, and every service of the target is deployed. Where there is nothing to go to, what
 * is installed is the target.
 */
function servicesGates(facts: Facts, request: PlanRequest): readonly Gate[] {
  const targets = request.hops.length > 0 ? request.hops.map(({ to }) => to) : [facts.current?.release ?? ''];
  const releases = targets.flatMap((version) => facts.releases.get(version) ?? []);
  const filled = listFilled(releases);
  return releases.flatMap((release, hop) => [
    servicesGate(facts, release),
    databasesGate(facts, release, filled[hop] ?? []),
  ]);
}

/** The databases that the migrations of each release belong to. */
function listFilled(releases: readonly Release[]): readonly (readonly string[])[] {
  let filled = new Set<string>();
  return releases.map((release, hop) => {
    const added = addedMigrations(releases[hop - 1], release);
    if (added === release.migrations) filled = new Set();
    for (const { database } of added) filled.add(database);
    return [...filled];
  });
}

/** A database that onward.yaml leaves out would keep its old schema, and nobody would be told. */
function databasesGate(facts: Facts, release: Release, filled: readonly string[]): Gate {
  const known = facts.deployment.databases.map((database) => database.name);
  const named = [...release.databases.map(({ name }) => name), ...filled];
  const missing = [...new Set(named)].filter((name) => !known.includes(name));
  const evidence = missing.length === 0 ? known.join(', ') : `onward.yaml has no ${missing.join(', ')}`;
  const title = `onward.yaml has the databases of release ${release.version}`;
  const command = `onward release show ${release.version}`;
  return gate(`databases:${release.version}`, title, missing.length === 0 ? 'open' : 'closed', evidence, command);
}

function servicesGate(facts: Facts, { version, components }: Release): Gate {
  const deployed = facts.deployment.services.map((service) => service.name);
  const shipped = components.map((component) => component.service);
  const missing = shipped.filter((name) => !deployed.includes(name));
  const problems = [
    ...deployed.filter((name) => !shipped.includes(name)).map((name) => describeUnknown(name, missing)),
    ...(missing.length > 0 ? [`onward.yaml has no ${missing.join(', ')}`] : []),
  ];
  return gate(
    `services:${version}`,
    `onward.yaml and release ${version} name the same services`,
    problems.length === 0 ? 'open' : 'closed',
    problems.length === 0 ? deployed.join(', ') : problems.join('; '),
    `onward release show ${version}`,
  );
}

function describeUnknown(name: string, missing: readonly string[]): string {
  const meant = closest(name, missing);
  return `the release has no ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** What runs must be what the last completed release says: a mixture that no unfinished run explains is for a person to look at. */
function runningGate(facts: Facts, request: PlanRequest): Gate {
  const title = 'What runs is the recorded release';
  if (!facts.current) return gate('running', title, 'open', 'nothing is installed yet');
  const release = facts.releases.get(facts.current.release);
  if (!release) {
    const evidence = `release ${facts.current.release} could not be read from the source`;
    return gate('running', title, 'unknown', evidence, 'onward doctor');
  }
  const [hop] = request.hops;
  const isRepair = hop !== undefined && hop.from === hop.to;
  const target = request.isResumed === true || isRepair ? facts.releases.get(hop?.to ?? '') : undefined;
  const problems = facts.deployment.services.flatMap((service) => describeMismatch(facts, service, [release, target]));
  if (problems.length === 0) {
    const evidence = `what runs is of ${facts.current.release}${target && !isRepair ? ` or ${target.version}` : ''}, compared by identity`;
    return gate('running', title, 'open', evidence);
  }
  const evidence = `${facts.current.release} is recorded, but ${problems.join(', ')}`;
  const isDown = problems.every((problem) => problem.endsWith('does not run'));
  return gate(
    'running',
    title,
    'closed',
    evidence,
    isDown ? `onward upgrade --version ${facts.current.release}` : 'onward doctor',
  );
}

/** Why a service is not what one of these releases says; the second one is the target of a run that is taken up again. */
function describeMismatch(
  facts: Facts,
  service: Service,
  releases: readonly [Release, Release | undefined],
): readonly string[] {
  const [recorded, target] = releases;
  const identities = releases.flatMap(
    (release) => release?.components.find((found) => found.service === service.name)?.identity ?? [],
  );
  const own = facts.instances.filter((instance) => instance.service === service.name);
  if (own.some((instance) => instance.state === 'unknown')) return [`${service.name} cannot be told from here`];
  if (identities.length === 0 || chooseRollClass(service, recorded) === 'one-shot') return [];
  const running = own.filter((instance) => instance.state === 'running');
  if (running.length === 0) return target ? [] : [`${service.name} does not run`];
  return running.every((instance) => identities.includes(instance.identity))
    ? []
    : [`${service.name} runs something else`];
}

function diskGate({ disk, deployment }: Facts): Gate {
  const needed = disk.neededBytes + DISK_MARGIN_BYTES;
  const evidence = `${formatBytes(disk.freeBytes)} are free, ${formatBytes(needed)} are needed`;
  const state = disk.freeBytes >= needed ? 'open' : 'closed';
  return gate('disk', 'There is room on the disk', state, evidence, `df -h ${deployment.stateDirectory}`);
}
