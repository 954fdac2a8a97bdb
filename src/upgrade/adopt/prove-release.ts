import { hasProcess, type Instance } from '../../deploy/index.ts';
import { type MigrationStatus, observeMigrations } from '../../migrate/index.ts';
import {
  type Component,
  countInstances,
  type Digest,
  type Finding,
  type Release,
  type Service,
} from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';

/** How what runs compares with a release. It is that release when there is no difference. */
export interface ReleaseProof {
  readonly release: string;
  readonly digest: Digest;
  /** `instances`: how many are what the release ships. */
  readonly services: readonly { readonly name: string; readonly identity: Digest; readonly instances: number }[];
  readonly databases: readonly { readonly name: string; readonly applied: number }[];
  readonly differences: readonly Finding[];
}

/**
 * Compares the identities of everything that runs with the components of a release, and every database's ledger with its migrations. Its own
 * contract phase may be pending: that is removed later, with evidence. Changes nothing.
 */
export async function proveRelease(
  system: System,
  installation: Installation,
  { release, digest }: { readonly release: Release; readonly digest: Digest },
): Promise<ReleaseProof> {
  const { services, databases } = installation.deployment;
  const looked = await Promise.all(
    services.flatMap((service) => {
      const component = release.components.find((one) => one.service === service.name);
      return component ? [lookAtService(installation, { service, component, release })] : [];
    }),
  );
  const files = await installation.source.migrationFiles(release);
  const statuses: MigrationStatus[] = [];
  for (const { name } of databases) {
    const target = installation.databases.get(name);
    if (target) {
      statuses.push(await observeMigrations(system, { database: name, target, files, upTo: release.version }));
    }
  }
  return {
    release: release.version,
    digest,
    services: looked.map(({ name, identity, instances }) => ({ name, identity, instances })),
    databases: statuses.map(({ database, applied }) => ({ name: database, applied: applied.length })),
    differences: [
      ...compareNames(services, release),
      ...looked.flatMap(({ differences }) => differences),
      ...statuses.flatMap((status) => compareLedger(status, release.version)),
    ],
  };
}

function compareNames(services: readonly Service[], release: Release): readonly Finding[] {
  const here = services.map(({ name }) => name);
  const shipped = release.components.map(({ service }) => service);
  const extra = here.filter((name) => !shipped.includes(name));
  const missing = shipped.filter((name) => !here.includes(name));
  return [
    ...extra.map((name) =>
      difference('adopt.services-differ', `${name} is in onward.yaml, and ${release.version} ships no such service.`),
    ),
    ...missing.map((name) =>
      difference('adopt.services-differ', `${release.version} ships ${name}, and onward.yaml has no such service.`),
    ),
  ];
}

interface LookedAt {
  readonly name: string;
  readonly identity: Digest;
  readonly instances: number;
  readonly differences: readonly Finding[];
}

async function lookAtService(
  installation: Installation,
  {
    service,
    component,
    release,
  }: { readonly service: Service; readonly component: Component; readonly release: Release },
): Promise<LookedAt> {
  const { name } = service;
  const { identity } = component;
  const instances = await installation.runtimeOf(name).list(name);
  const running = instances.filter(hasProcess);
  const vendor = release.services.find((one) => one.name === name);
  const wanted = countInstances(service);
  const isOneShot = (service.roll ?? vendor?.roll) === 'one-shot';
  // A one-shot has ended; whatever is left of it must have been of this release.
  const counted = isOneShot ? instances : running;
  const others = counted.filter((instance) => instance.identity !== identity);
  return {
    name,
    identity,
    instances: counted.length - others.length,
    differences: [
      ...others.map((instance) =>
        difference(
          'adopt.identity-differs',
          `${describePlace(instance)} of ${name} is ${short(instance.identity)}, and ${release.version} ships ${short(identity)}.`,
        ),
      ),
      ...(isOneShot || running.length === wanted ? [] : [countDiffers(service, running.length, wanted)]),
      ...running
        .filter(({ state }) => state !== 'running')
        .map((instance) =>
          difference('adopt.not-running', `${describePlace(instance)} of ${name} is ${instance.state}.`),
        ),
    ],
  };
}

function countDiffers({ name, runtime }: Service, running: number, wanted: number): Finding {
  if (running === 0 && runtime.kind === 'ssh')
    return {
      ...difference(
        'adopt.not-running',
        `Onward has started no unit of ${name}, and what others run cannot be compared.`,
      ),
      hint: 'Begin on these hosts with an empty database: "onward provision".',
    };
  const message = `${running === 0 ? 'None' : String(running)} of ${name} runs, and onward.yaml says ${wanted}.`;
  return {
    ...difference('adopt.not-running', message),
    hint: `Start it, or mend "replicas" of ${name} in onward.yaml.`,
  };
}

function compareLedger(status: MigrationStatus, version: string): readonly Finding[] {
  const { database, pending, drift, ahead } = status;
  // What earlier releases would have removed is removed by a contract run; that it is still there harms nobody.
  const missing = pending.filter(({ phase }) => phase !== 'contract');
  return [
    ...missing.map(({ path }) => ({
      ...difference('adopt.migration-missing', `The ledger of ${database} does not have ${path}.`),
      hint: 'Run "onward adopt ledger" where another tool has applied it.',
    })),
    ...drift.map(({ path }) =>
      difference('adopt.migration-differs', `${path} is not what was applied to ${database} under its name.`),
    ),
    ...ahead.map(({ path, version: newer }) =>
      difference(
        'adopt.migration-differs',
        `${database} has ${path} of ${newer} applied, which is newer than ${version}.`,
      ),
    ),
  ];
}

function difference(code: string, message: string): Finding {
  return { code, severity: 'error', message };
}

function describePlace({ place, id }: Instance): string {
  return place ?? id;
}

function short(identity: Digest): string {
  return identity.slice(0, 'sha256:'.length + 12);
}
