import { type Catalog, closest, compareVersions, isVersion, newestVersion } from '../model/index.ts';
import { unknownChannel, unknownRelease, withdrawnRelease } from './errors.ts';
import { describeVersions } from './source.ts';

export interface VersionRequest {
  /** A channel or a version (with or without a leading `v`), as it was typed; the deployment's channel when left out. */
  readonly requested?: string | undefined;
  readonly channel: string;
  /** What runs now. */
  readonly current?: string | undefined;
}

/**
 * What a request means: one release of the catalog. A channel that points below what runs now means what runs now, because a
 * deployment waits for its channel and never goes down. Throws when there is no such channel or release, with what there is, and when
 * the release was withdrawn, unless it is what runs.
 */
export function chooseVersion(
  catalog: Catalog,
  request: VersionRequest,
): { readonly version: string; readonly requested: string } {
  const requested = request.requested ?? request.channel;
  const version = resolveName(catalog, { ...request, requested });
  const entry = catalog.releases.find((candidate) => candidate.version === version);
  if (entry?.withdrawn && version !== request.current) {
    const usable = catalog.releases.filter((candidate) => !candidate.withdrawn).map((candidate) => candidate.version);
    const other = newestVersion(usable);
    const hint = other ? `Run the command again with another release, such as ${other}.` : 'Run `onward release list`.';
    throw withdrawnRelease(version, { reason: entry.withdrawn.reason, hint });
  }
  return { version, requested };
}

function resolveName(catalog: Catalog, request: VersionRequest & { readonly requested: string }): string {
  const { requested, current } = request;
  const head = Object.hasOwn(catalog.channels, requested) ? catalog.channels[requested] : undefined;
  if (head !== undefined) return current !== undefined && compareVersions(current, head) > 0 ? current : head;
  const versions = catalog.releases.map((entry) => entry.version);
  const channels = Object.keys(catalog.channels).sort();
  const plain = requested.replace(/^v/, '');
  if (versions.includes(plain)) return plain;
  const known = `${describeVersions(versions)}, and ${describeChannels(catalog, channels)}`;
  if (request.requested === request.channel && !isVersion(plain)) throw unknownChannel(requested, known);
  throw unknownRelease(requested, { list: known, meant: closest(plain, [...channels, ...versions.toReversed()]) });
}

function describeChannels(catalog: Catalog, channels: readonly string[]): string {
  if (channels.length === 0) return 'no channels';
  return `channels ${channels.map((channel) => `${channel} (${catalog.channels[channel]})`).join(', ')}`;
}
