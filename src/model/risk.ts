import type { Condition } from './condition.ts';
import { createRangeIndexer } from './range-index.ts';
import { compareVersions, sortVersions } from './version.ts';

/** Something that goes wrong with a release in some deployments, as the vendor declares it. */
export interface Risk {
  readonly id: string;
  /** What goes wrong, for operators to read. */
  readonly message: string;
  readonly url?: string;
  /** The first release without it; left out, every later release has it too. */
  readonly fixedIn?: string;
  /** It applies when any of these does; always when left out. */
  readonly when?: readonly Condition[];
}

/** A risk in the catalog, with the releases that have it. */
export interface KnownRisk extends Risk {
  /** A range of releases. Those above it have the risk too, up to the one that fixes it. */
  readonly affects: string;
  /** The release that was published with it; left out when it became known later. */
  readonly declaredBy?: string;
}

/**
 * The risks of each of these releases, by version. A release is free of a risk only when it is older than all that have it, lies in a gap
 * of the range, or is not older than the one that fixes it: a later release that was built without the fix has it too.
 */
export function listRisksByVersion(
  risks: readonly KnownRisk[],
  versions: readonly string[],
): ReadonlyMap<string, readonly KnownRisk[]> {
  const found = new Map<string, KnownRisk[]>();
  if (risks.length === 0) return found;
  const ascending = sortVersions(versions);
  const indexer = createRangeIndexer(ascending);
  for (const risk of risks) {
    const range = indexer.place(risk.affects);
    const fixed = risk.fixedIn === undefined ? undefined : indexer.place(`>=${risk.fixedIn}`);
    for (const [index, version] of ascending.entries()) {
      if (fixed?.has(index) || !(range.has(index) || range.isAbove(index))) continue;
      found.set(version, [...(found.get(version) ?? []), risk]);
    }
  }
  return found;
}

/** The risks of one release. */
export function listRisksOf(risks: readonly KnownRisk[] | undefined, version: string): readonly KnownRisk[] {
  return listRisksByVersion(risks ?? [], [version]).get(version) ?? [];
}

/** The releases that an upgrade may pass through or go to. */
export function versionsBetween(
  versions: readonly string[],
  { after, upTo }: { readonly after?: string; readonly upTo: string },
): readonly string[] {
  return versions.filter(
    (version) => compareVersions(version, upTo) <= 0 && (after === undefined || compareVersions(version, after) > 0),
  );
}
