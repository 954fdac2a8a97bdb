import type { ConfigurationChange } from './configuration-change.ts';
import type { Release } from './release.ts';
import { compareVersions } from './version.ts';

/** A change and the release that declares it. */
export interface DeclaredConfigurationChange {
  readonly release: string;
  readonly change: ConfigurationChange;
}

/**
 * What the releases change that lie behind `after` and not behind `upTo`, in the order of their versions and then of the file: a path that
 * jumps over a release makes its changes too. Without `after`, those of all of them.
 */
export function declaredConfigurationChanges(
  releases: Iterable<Release>,
  { after, upTo }: { readonly after?: string; readonly upTo: string },
): readonly DeclaredConfigurationChange[] {
  return [...releases]
    .filter(({ version }) => compareVersions(version, upTo) <= 0)
    .filter(({ version }) => after === undefined || compareVersions(version, after) > 0)
    .sort((one, other) => compareVersions(one.version, other.version))
    .flatMap(({ version, configuration = [] }) => configuration.map((change) => ({ release: version, change })));
}
