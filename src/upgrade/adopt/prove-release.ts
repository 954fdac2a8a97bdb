import { type MigrationStatus, observeMigrations } from '../../migrate/index.ts';
import type { Digest, Finding, Release, Service } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import { difference, type ForeignFound, proveService } from './prove-service.ts';

/** How what runs compares with a release. It is that release when there is no difference. */
export interface ReleaseProof {
  readonly release: string;
  readonly digest: Digest;
  /** `instances`: how many are what the release ships. */
  readonly services: readonly { readonly name: string; readonly identity: Digest; readonly instances: number }[];
  readonly databases: readonly { readonly name: string; readonly applied: number }[];
  readonly differences: readonly Finding[];
  /** What is worth knowing before an upgrade, and speaks against nothing. */
  readonly remarks: readonly Finding[];
  /** What Onward did not start, and lists only once it is on record. */
  readonly foreign: readonly ForeignFound[];
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
      return component ? [proveService(system, installation, { service, component, release })] : [];
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
    remarks: looked.flatMap(({ remarks }) => remarks),
    foreign: looked.flatMap(({ foreign }) => foreign),
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
