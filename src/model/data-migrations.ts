import type { DataMigration } from './data-migration.ts';
import type { Release } from './release.ts';
import { compareVersions } from './version.ts';

/** A data migration and the release that declares it. */
export interface DeclaredDataMigration {
  readonly release: string;
  readonly declared: DataMigration;
}

/**
 * What the releases declare that lie behind `after` and not behind `upTo`, in the order of their versions: a path that jumps over a release
 * owes its data migrations too. Without `after`, those of all of them.
 */
export function declaredDataMigrations(
  releases: Iterable<Release>,
  { after, upTo }: { readonly after?: string; readonly upTo: string },
): readonly DeclaredDataMigration[] {
  return [...releases]
    .filter(({ dataMigrations = [] }) => dataMigrations.length > 0)
    .filter(({ version }) => compareVersions(version, upTo) <= 0)
    .filter(({ version }) => after === undefined || compareVersions(version, after) > 0)
    .sort((one, other) => compareVersions(one.version, other.version))
    .flatMap(({ version, dataMigrations = [] }) => dataMigrations.map((declared) => ({ release: version, declared })));
}
