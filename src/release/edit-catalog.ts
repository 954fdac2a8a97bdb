import { type Catalog, compareVersions, type Finding, newestVersion } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { CHANNEL_NAME, encodeCatalog } from './catalog-document.ts';
import { missingReason, withdrawnRelease, wrongChannelName } from './errors.ts';
import { openSource, resolveLocation, unknownVersion } from './source.ts';
import { catalogFile } from './source-layout.ts';
import { withSourceLock } from './source-lock.ts';

/**
 * Marks a release as withdrawn: who runs it can leave it, and nobody goes to it any more. It stays in the catalog for good. The findings
 * name the channels that still point to it. Withdrawing again replaces the reason.
 */
export async function withdrawRelease(
  system: System,
  { source, version, reason }: { readonly source: string; readonly version: string; readonly reason: string },
): Promise<{ readonly catalog: Catalog; readonly findings: readonly Finding[] }> {
  if (reason.trim() === '') throw missingReason(version);
  const catalog = await editCatalog(system, source, (before) => {
    if (!before.releases.some((entry) => entry.version === version)) throw unknownVersion(before, version);
    const releases = before.releases.map((entry) =>
      entry.version === version ? { ...entry, withdrawn: { reason: reason.trim() } } : entry,
    );
    return { ...before, releases };
  });
  return { catalog, findings: listDanglingChannels(catalog, version) };
}

function listDanglingChannels(catalog: Catalog, version: string): readonly Finding[] {
  const below = catalog.releases.filter((entry) => !entry.withdrawn && compareVersions(entry.version, version) < 0);
  const other = newestVersion(below.map((entry) => entry.version)) ?? '<version>';
  return Object.entries(catalog.channels)
    .filter(([, pointed]) => pointed === version)
    .map(([channel]) => ({
      code: 'release.channel-to-withdrawn',
      severity: 'warning',
      message: `channel ${channel} still points to ${version}, which was withdrawn: nobody can upgrade along it`,
      hint: `Run \`onward channel set ${channel} ${other}\`, or publish a fixed release and set the channel to it.`,
    }));
}

/** Points a channel to a release that exists and was not withdrawn. Returns where it pointed before. */
export async function setChannel(
  system: System,
  { source, channel, version }: { readonly source: string; readonly channel: string; readonly version: string },
): Promise<{ readonly catalog: Catalog; readonly previous: string | undefined }> {
  if (!CHANNEL_NAME.test(channel)) throw wrongChannelName(channel);
  let previous: string | undefined;
  const catalog = await editCatalog(system, source, (before) => {
    const entry = before.releases.find((candidate) => candidate.version === version);
    if (!entry) throw unknownVersion(before, version);
    if (entry.withdrawn) {
      throw withdrawnRelease(version, {
        reason: entry.withdrawn.reason,
        hint: 'Run `onward release list` to choose another one.',
      });
    }
    previous = before.channels[channel];
    return { ...before, channels: { ...before.channels, [channel]: version } };
  });
  return { catalog, previous };
}

/** Changes the catalog of a source folder as a whole, under the folder's lock. What `edit` throws leaves it as it was. */
export async function editCatalog(
  system: System,
  source: string,
  edit: (catalog: Catalog) => Catalog,
): Promise<Catalog> {
  const folder = resolveLocation(source);
  // Looked at before the lock is made: a folder that is no source stays untouched.
  await openSource(system, folder).catalog();
  return withSourceLock(system, folder, async () => {
    const catalog = edit(await openSource(system, folder).catalog());
    await system.files.writeAtomic(catalogFile(folder), encodeCatalog(catalog), 0o644);
    return catalog;
  });
}
