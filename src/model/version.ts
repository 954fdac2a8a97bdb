import semverVersion from 'semver/classes/semver.js';
import semverCompare from 'semver/functions/compare.js';
import semverParse from 'semver/functions/parse.js';
import semverSatisfies from 'semver/functions/satisfies.js';
import semverLtr from 'semver/ranges/ltr.js';
import semverValidRange from 'semver/ranges/valid.js';
import { createRangeIndexer } from './range-index.ts';

export interface VersionParts {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly isPrerelease: boolean;
}

// Ranges are meant for releases that exist, so a prerelease is inside a range when it sorts inside of it.
const PRERELEASES = { includePrerelease: true } as const;

/** Parts of a semantic version, with or without a leading `v`; `undefined` when the text is not one. */
export function parseVersion(text: string): VersionParts | undefined {
  const parsed = semverParse(text);
  return parsed
    ? { major: parsed.major, minor: parsed.minor, patch: parsed.patch, isPrerelease: parsed.prerelease.length > 0 }
    : undefined;
}

/** A plain version as releases are named: no leading `v`, no build metadata. */
export function isVersion(text: string): boolean {
  return semverParse(text)?.version === text;
}

/** Negative, zero or positive, by semantic-version precedence. Both must be versions. */
export function compareVersions(a: string, b: string): number {
  return a === b ? 0 : semverCompare(a, b);
}

/** The versions from the oldest to the newest; each is parsed once. */
export function sortVersions(versions: readonly string[]): readonly string[] {
  return versions
    .map((version) => new semverVersion(version))
    .sort((a, b) => a.compare(b))
    .map((parsed) => parsed.version);
}

export function highestVersion(versions: readonly string[]): string | undefined {
  return [...versions].sort(compareVersions).at(-1);
}

/** The highest version that is no prerelease; the highest of all when there is nothing else. */
export function newestVersion(versions: readonly string[]): string | undefined {
  return highestVersion(versions.filter((version) => !parseVersion(version)?.isPrerelease)) ?? highestVersion(versions);
}

export function isRange(text: string): boolean {
  return text.trim() !== '' && semverValidRange(text) !== null;
}

export function satisfiesRange(version: string, range: string): boolean {
  return semverSatisfies(version, range, PRERELEASES);
}

/** True when every version of the range is newer than this one. */
export function isBelowRange(version: string, range: string): boolean {
  return semverLtr(version, range, PRERELEASES);
}

/** True when every version of the range is older than this one; nothing is above a range that nothing satisfies. */
export function isAboveRange(version: string, range: string): boolean {
  return createRangeIndexer([version]).place(range).isAbove(0);
}
