import { type Catalog, type CatalogEntry, type KnownRisk, listRisksByVersion } from '../model/index.ts';

/** All releases as a table, the newest first, with the channels that point to them and what an operator must know of them. */
export function renderReleaseList(catalog: Catalog): string {
  if (catalog.releases.length === 0) return `${catalog.product} has no releases yet.\n`;
  const versions = catalog.releases.map(({ version }) => version);
  const risks = listRisksByVersion(catalog.risks ?? [], versions);
  const rows = [...catalog.releases].reverse().map((entry) => toRow(catalog, entry, risks.get(entry.version) ?? []));
  return renderTable([['RELEASE', 'PUBLISHED', 'CHANNELS', 'REMARKS'], ...rows]);
}

function toRow(catalog: Catalog, entry: CatalogEntry, risks: readonly KnownRisk[]): readonly string[] {
  const remarks = [
    ...(entry.withdrawn ? [`withdrawn: ${entry.withdrawn.reason}`] : []),
    ...(entry.upgradeFrom === undefined ? [] : [`from ${entry.upgradeFrom}`]),
    ...entry.stops.map((stop) => `stop ${stop.id}: ${stop.satisfiedBy}`),
    ...(entry.requiresTool === undefined ? [] : [`needs Onward ${entry.requiresTool}`]),
    ...risks.map(({ id }) => `risk ${id}`),
  ];
  return [
    entry.version,
    entry.publishedAt.slice(0, 10),
    listChannels(catalog, entry.version).join(', '),
    remarks.join('; '),
  ];
}

/** Names of the channels that point to a release. */
export function listChannels(catalog: Catalog, version: string): readonly string[] {
  return Object.keys(catalog.channels)
    .filter((channel) => catalog.channels[channel] === version)
    .sort();
}

/** Every channel with the release that it points to. */
export function renderChannels(catalog: Catalog): string {
  const channels = Object.entries(catalog.channels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (channels.length === 0) return `${catalog.product} has no channels yet.\n`;
  const isWithdrawn = (version: string) =>
    catalog.releases.some((entry) => entry.version === version && entry.withdrawn);
  const rows = channels.map(([channel, version]) => [channel, version, isWithdrawn(version) ? 'withdrawn' : '']);
  return renderTable([['CHANNEL', 'RELEASE', ''], ...rows]);
}

/** Columns as wide as their widest cell; nothing behind the last text of a line. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
