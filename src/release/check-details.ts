import {
  type Catalog,
  compareVersions,
  type DataMigration,
  type Finding,
  isBelowRange,
  type ReleaseService,
  satisfiesRange,
} from '../model/index.ts';
import type { ReleaseDetails } from './release-details.ts';

/** Whether the declared stops and ranges can be met at all, and whether anything published meets them yet. */
export function checkDetails(
  details: ReleaseDetails,
  {
    version,
    catalog,
    databases,
    services,
  }: {
    readonly version: string;
    readonly catalog: Catalog;
    readonly databases: readonly string[];
    readonly services: readonly Pick<ReleaseService, 'name' | 'dataMigrations'>[];
  },
): readonly Finding[] {
  const older = catalog.releases.filter((entry) => !entry.withdrawn && compareVersions(entry.version, version) < 0);
  const isMet = (range: string) => older.some((entry) => satisfiesRange(entry.version, range));
  const findings: Finding[] = [];
  for (const stop of details.stops) {
    if (isBelowRange(version, stop.satisfiedBy)) {
      findings.push({
        code: 'release.impossible-stop',
        severity: 'error',
        message: `stop "${stop.id}" asks for ${stop.satisfiedBy}, and all of that is newer than ${version}: nothing could pass it`,
        hint: `Name a range below ${version}.`,
      });
    } else if (!isMet(stop.satisfiedBy)) {
      findings.push({
        code: 'release.unmet-stop',
        severity: 'warning',
        message: `no published release satisfies stop "${stop.id}" (${stop.satisfiedBy}) yet, so nothing older can be upgraded to ${version}`,
        hint: `Publish a release in ${stop.satisfiedBy}.`,
      });
    }
  }
  if (details.upgradeFrom !== undefined && older.length > 0 && !isMet(details.upgradeFrom)) {
    findings.push({
      code: 'release.unmet-origin',
      severity: 'warning',
      message: `no published release is in the range that ${version} can be reached from (${details.upgradeFrom})`,
      hint: `Publish a release in ${details.upgradeFrom}, or widen \`upgradeFrom\` in ${version}.yaml.`,
    });
  }
  findings.push(...details.dataMigrations.flatMap((declared) => checkDataMigration(declared, { databases, services })));
  return findings;
}

function checkDataMigration(
  declared: DataMigration,
  {
    databases,
    services,
  }: {
    readonly databases: readonly string[];
    readonly services: readonly Pick<ReleaseService, 'name' | 'dataMigrations'>[];
  },
): readonly Finding[] {
  const { id, database } = declared;
  const findings: Finding[] = [];
  if (!databases.includes(database)) {
    findings.push({
      code: 'release.unknown-database',
      severity: 'error',
      message: `data migration "${id}" is for database ${database}, which product.yaml does not have`,
      hint: `Name one of ${databases.join(', ')}, or add it to product.yaml.`,
    });
  }
  if (declared.kind !== 'service') return findings;
  const service = services.find(({ name }) => name === declared.service);
  if (!service) {
    findings.push({
      code: 'release.unknown-service',
      severity: 'error',
      message: `data migration "${id}" is done by service ${declared.service}, which product.yaml does not have`,
      hint: `Name one of ${services.map(({ name }) => name).join(', ')}.`,
    });
  } else if (service.dataMigrations === undefined) {
    findings.push({
      code: 'release.no-data-command',
      severity: 'error',
      message: `data migration "${id}" is done by service ${service.name}, which has no command for data migrations`,
      hint: `Add \`dataMigrations: <command>\` to services.${service.name} in product.yaml.`,
    });
  }
  return findings;
}
