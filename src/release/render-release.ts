import {
  assertNever,
  type Catalog,
  type Component,
  describeLintRecord,
  describePlannedCommand,
  formatBytes,
  type KnownRisk,
  listRisksOf,
  type MigrationCommand,
  type MigrationRef,
  type Release,
  type Stop,
  shortDigest,
  type Total,
} from '../model/index.ts';
import { listChannels } from './render-list.ts';
import { renderNoteLines } from './render-notes.ts';
import { describeExtent, describeWhen } from './render-risks.ts';

/** One release in full: where it stands in the catalog, its notes, services, new migrations, and how it is reached. */
export function renderRelease(release: Release, catalog: Catalog): string {
  const entry = catalog.releases.find((candidate) => candidate.version === release.version);
  const channels = listChannels(catalog, release.version);
  const added = release.migrations.filter((migration) => migration.version === release.version);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Notes', renderNoteLines(release.notes)],
    ['Services', release.components.map((component) => describeComponent(component, release.version))],
    [`Migrations (${added.length} new of ${release.migrations.length})`, added.map(describeMigration)],
    ['Migration commands', (release.migrationCommands ?? []).map(describeCommand)],
    ['Lint', release.lint ? [describeLintRecord(release.lint)] : []],
    ['Totals', (release.totals ?? []).map(describeTotal)],
    ['Databases', release.databases.map((database) => [database.name, database.server ?? ''].join(' ').trimEnd())],
    ['Reached from', release.upgradeFrom === undefined ? [] : [release.upgradeFrom]],
    ['Stops', release.stops.flatMap((stop) => [describeStop(stop), ...describeWhen(stop).map(indent)])],
    ['Risks', listRisksOf(catalog.risks, release.version).flatMap((risk) => describeRisk(risk, release.version))],
    ['Needs Onward', release.requiresTool === undefined ? [] : [release.requiresTool]],
    ['Artifacts can go back until', [release.rollback.until]],
  ];
  const head = [
    `${release.product} ${release.version}`,
    ...(entry ? [`published ${entry.publishedAt.slice(0, 10)}`] : []),
    ...(channels.length > 0 ? [`channel ${channels.join(', ')}`] : []),
  ].join(', ');
  const identity = entry ? `${entry.digest}\n` : '';
  const withdrawn = entry?.withdrawn ? `WITHDRAWN: ${entry.withdrawn.reason}\n` : '';
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  return `${head}\n${identity}${withdrawn}${body.join('')}`;
}

function describeComponent(component: Component, version: string): string {
  const origin = component.producedBy === version ? 'new' : `carried from ${component.producedBy}`;
  const platforms = component.kind === 'image' ? Object.keys(component.platforms ?? {}) : [];
  const size = formatBytes(component.bytes) + (platforms.length > 0 ? ` (${platforms.join(', ')})` : '');
  return `${component.service}: ${[...nameComponent(component), shortDigest(component.identity), size, origin].join(', ')}`;
}

function nameComponent(component: Component): readonly string[] {
  switch (component.kind) {
    case 'folder':
      return [];
    case 'tarball':
      return [component.file];
    case 'image':
      return [`${component.image}${component.tag ? `:${component.tag}` : ''}`];
    default:
      return assertNever(component);
  }
}

function describeMigration(migration: MigrationRef): string {
  return `${migration.database}, ${migration.phase}: ${migration.path}${migration.late ? ' (late)' : ''}`;
}

function describeCommand(command: MigrationCommand): string {
  return `${command.phase}: ${describePlannedCommand(command)}`;
}

function describeRisk(risk: KnownRisk, version: string): readonly string[] {
  const { id, message, declaredBy, url } = risk;
  const origin = declaredBy === undefined || declaredBy === version ? '' : ` (carried on from ${declaredBy})`;
  const link = url === undefined ? [] : [url];
  return [`${id}${origin}: ${message.trim()}`, ...[describeExtent(risk), ...describeWhen(risk), ...link].map(indent)];
}

function indent(line: string): string {
  return `  ${line}`;
}

function describeTotal({ name, database, rule }: Total): string {
  return `${name} (${database}): ${describeRule(rule)}`;
}

function describeRule(rule: Total['rule']): string {
  switch (rule.kind) {
    case 'exact':
      return 'as before';
    case 'not-less':
      return 'not less than before';
    case 'within':
      return `within ${rule.amount} of before`;
    case 'within-percent':
      return `within ${rule.percent} % of before`;
    case 'equals':
      return `always ${rule.value}`;
    default:
      return assertNever(rule);
  }
}

function describeStop(stop: Stop): string {
  const prefer = stop.prefer === undefined ? '' : `, best ${stop.prefer}`;
  return `${stop.id}: from ${stop.satisfiedBy}${prefer}. ${stop.reason}${stop.url === undefined ? '' : ` (${stop.url})`}`;
}
