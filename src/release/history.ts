import { type Catalog, compareVersions, type Release } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { loadRelease } from './source.ts';

/**
 * The earlier releases that decide what a new one must contain: the highest one below it, first, and those below it that were
 * published after that one (a fix for an older line). What was published before is covered: each release had to list everything of
 * those below it. For a version that is published already, it is the history of its day, so that it comes out the same again.
 */
export async function loadHistory(
  system: System,
  { folder, catalog, version }: { readonly folder: string; readonly catalog: Catalog; readonly version: string },
): Promise<readonly Release[]> {
  const published = catalog.releases.find((entry) => entry.version === version);
  const earlier = catalog.releases
    .filter((entry) => compareVersions(entry.version, version) < 0)
    .filter((entry) => !published || entry.publishedAt < published.publishedAt)
    .sort((a, b) => compareVersions(b.version, a.version));
  const [predecessor] = earlier;
  if (!predecessor) return [];
  const deciding = earlier.filter((entry) => entry.publishedAt >= predecessor.publishedAt);
  const releases: Release[] = [];
  for (const entry of deciding) releases.push(await loadRelease(system, { folder, catalog, version: entry.version }));
  return releases;
}

/** The lowest published release above a version that is not published yet: what its deployments go to next. */
export async function loadSuccessor(
  system: System,
  { folder, catalog, version }: { readonly folder: string; readonly catalog: Catalog; readonly version: string },
): Promise<Release | undefined> {
  const [successor] = catalog.releases
    .filter((entry) => compareVersions(entry.version, version) > 0)
    .sort((a, b) => compareVersions(a.version, b.version));
  return successor && loadRelease(system, { folder, catalog, version: successor.version });
}
