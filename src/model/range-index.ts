import semverRange from 'semver/classes/range.js';
import semverVersion from 'semver/classes/semver.js';

/** Where the versions of one ascending list stand to one range, answered without parsing anything again. */
export interface RangeIndex {
  /** The version at this index is inside the range. */
  has(index: number): boolean;
  /** Every version of the range is older than the version at this index. */
  isAbove(index: number): boolean;
}

export interface RangeIndexer {
  place(range: string): RangeIndex;
}

interface Interval {
  readonly from: number;
  /** The first index behind the interval. */
  readonly to: number;
}

type Parsed = InstanceType<typeof semverVersion>;

/**
 * Range tests over many versions: each version and each range is parsed once, and a range becomes intervals of indices by binary
 * search. Agrees with `satisfiesRange` and `isAboveRange`. `ascending` must be sorted.
 */
export function createRangeIndexer(ascending: readonly string[]): RangeIndexer {
  const versions = ascending.map((version) => new semverVersion(version));
  const known = new Map<string, RangeIndex>();
  return {
    place(range) {
      const found = known.get(range) ?? placeRange(versions, range);
      known.set(range, found);
      return found;
    },
  };
}

function placeRange(versions: readonly Parsed[], range: string): RangeIndex {
  const intervals = new semverRange(range, { includePrerelease: true }).set.map((comparators) =>
    placeComparators(versions, comparators),
  );
  const above = Math.max(...intervals.map((interval) => interval.to));
  const has = (index: number) => intervals.some((interval) => index >= interval.from && index < interval.to);
  return { has, isAbove: (index) => index >= above && !has(index) };
}

function placeComparators(
  versions: readonly Parsed[],
  comparators: readonly InstanceType<typeof semverRange>['set'][number][number][],
): Interval {
  let from = 0;
  let to = versions.length;
  for (const { operator, semver, value } of comparators) {
    // A comparator without a value accepts everything.
    if (value === '') continue;
    const isExact = operator === '' || operator === '=';
    if (isExact || operator === '>=') from = Math.max(from, firstAtLeast(versions, semver));
    if (operator === '>') from = Math.max(from, firstBehind(versions, semver));
    if (isExact || operator === '<=') to = Math.min(to, firstBehind(versions, semver));
    if (operator === '<') to = Math.min(to, firstAtLeast(versions, semver));
  }
  return { from, to };
}

function firstAtLeast(versions: readonly Parsed[], bound: Parsed): number {
  return firstWhere(versions, (version) => version.compare(bound) >= 0);
}

function firstBehind(versions: readonly Parsed[], bound: Parsed): number {
  return firstWhere(versions, (version) => version.compare(bound) > 0);
}

/** Index of the first version for which a test holds that holds for every later one too; the length when there is none. */
function firstWhere(versions: readonly Parsed[], test: (version: Parsed) => boolean): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const version = versions[middle];
    if (version && test(version)) high = middle;
    else low = middle + 1;
  }
  return low;
}
