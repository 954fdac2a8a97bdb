import { type Catalog, compareVersions, type Finding, isBelowRange, satisfiesRange } from '../model/index.ts';
import type { ReleaseDetails } from './release-details.ts';

/** Whether the declared stops and ranges can be met at all, and whether anything published meets them yet. */
export function checkDetails(
  details: ReleaseDetails,
  {
    version,
    catalog,
    databases,
  }: { readonly version: string; readonly catalog: Catalog; readonly databases: readonly string[] },
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
  for (const { id, database } of details.dataMigrations) {
    if (databases.includes(database)) continue;
    findings.push({
      code: 'release.unknown-database',
      severity: 'error',
      message: `data migration "${id}" is for database ${database}, which product.yaml does not have`,
      hint: `Name one of ${databases.join(', ')}, or add it to product.yaml.`,
    });
  }
  return findings;
}
