import { type Catalog, compareVersions, parseVersion, type Release, type ReleaseNotes } from '../model/index.ts';

interface Ends {
  /** What runs now. */
  readonly from: string;
  readonly to: string;
}

/**
 * The releases whose notes concern an upgrade, ascending: all above `from` up to `to`, also those that the path skips and those that were
 * withdrawn, because what they changed is in the target. Prereleases only when one end is one.
 */
export function listNoteVersions(catalog: Catalog, { from, to }: Ends): readonly string[] {
  const isPrerelease = (version: string) => parseVersion(version)?.isPrerelease ?? false;
  const withPrereleases = isPrerelease(from) || isPrerelease(to);
  return catalog.releases
    .map((entry) => entry.version)
    .filter((version) => compareVersions(version, from) > 0 && compareVersions(version, to) <= 0)
    .filter((version) => withPrereleases || !isPrerelease(version))
    .sort(compareVersions);
}

/** The notes of several releases in one text, in the given order. */
export function renderNotes(releases: readonly Release[], { from, to }: Ends): string {
  const parts = releases
    .map((release) => ({ version: release.version, lines: renderNoteLines(release.notes) }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ version, lines }) => `\n${version}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  return `From ${from} to ${to}\n${parts.length > 0 ? parts.join('') : '\nThe vendor left no notes.\n'}`;
}

export function renderNoteLines(notes: ReleaseNotes): readonly string[] {
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`${title}:`, ...items.map((item) => `- ${item.trim().replaceAll('\n', '\n    ')}`)];
  return [
    ...(notes.summary === undefined ? [] : [notes.summary.trim().replaceAll('\n', '\n  ')]),
    ...list('Breaking', notes.breaking),
    ...list('Deprecated', notes.deprecated),
    ...list('Known issues', notes.knownIssues),
  ];
}
