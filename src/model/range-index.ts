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

interface Bound {
  readonly operator: '' | '=' | '<' | '<=' | '>' | '>=';
  readonly semver: Parsed;
}

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
  const intervals = (parsePlainRange(range) ?? parseRange(range)).map((bounds) => placeBounds(versions, bounds));
  const above = Math.max(...intervals.map((interval) => interval.to));
  const has = (index: number) => intervals.some((interval) => index >= interval.from && index < interval.to);
  return { has, isAbove: (index) => index >= above && !has(index) };
}

const PLAIN_BOUND = /^(>=|<=|>|<|=|)(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/;

/** Bounds that are whole versions, as most ranges are; `undefined` for the rest of the grammar, which takes ten times as long. */
function parsePlainRange(range: string): readonly (readonly Bound[])[] | undefined {
  const alternatives: Bound[][] = [];
  for (const alternative of range.split('||')) {
    const bounds: Bound[] = [];
    for (const word of alternative.trim().split(/\s+/)) {
      const match = PLAIN_BOUND.exec(word);
      if (!match) return undefined;
      bounds.push({ operator: match[1] as Bound['operator'], semver: new semverVersion(match[2] ?? '') });
    }
    alternatives.push(bounds);
  }
  return alternatives;
}

function parseRange(range: string): readonly (readonly Bound[])[] {
  // A comparator without a value accepts everything.
  return new semverRange(range, { includePrerelease: true }).set.map((comparators) =>
    comparators.filter((comparator) => comparator.value !== ''),
  );
}

function placeBounds(versions: readonly Parsed[], bounds: readonly Bound[]): Interval {
  const lower = bounds.filter((bound) => bound.operator.startsWith('>') || isExact(bound));
  const upper = bounds.filter((bound) => bound.operator.startsWith('<') || isExact(bound));
  // Nothing satisfies bounds that exclude each other, and nothing is above them: what demands that is never met.
  if (lower.some((from) => upper.some((to) => excludes(from, to))))
    return { from: versions.length, to: versions.length };
  return {
    from: Math.max(
      0,
      ...lower.map(({ operator, semver }) => (operator === '>' ? firstBehind : firstAtLeast)(versions, semver)),
    ),
    to: Math.min(
      versions.length,
      ...upper.map(({ operator, semver }) => (operator === '<' ? firstAtLeast : firstBehind)(versions, semver)),
    ),
  };
}

function isExact({ operator }: Bound): boolean {
  return operator === '' || operator === '=';
}

function excludes(lower: Bound, upper: Bound): boolean {
  const order = lower.semver.compare(upper.semver);
  return order > 0 || (order === 0 && (lower.operator === '>' || upper.operator === '<'));
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
