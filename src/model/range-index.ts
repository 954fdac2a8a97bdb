import semverRange from 'semver/classes/range.js';
import semverVersion from 'semver/classes/semver.js';
import semverCompare from 'semver/functions/compare.js';

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
  readonly version: string;
}

/** Where a version stands in the list: the first index that is not older, and the first that is newer. */
interface Place {
  readonly at: number;
  readonly behind: number;
}

/**
 * Range tests over many versions: each version and each range is parsed at most once, and a range becomes intervals of indices. Most bounds
 * are versions of the list, so nothing of them has to be parsed; others are placed by binary search. Agrees with `satisfiesRange` and
 * `isAboveRange`. `ascending` must be sorted.
 */
export function createRangeIndexer(ascending: readonly string[]): RangeIndexer {
  const placeOf = createPlacer(ascending);
  const known = new Map<string, RangeIndex>();
  return {
    place(range) {
      const found = known.get(range) ?? placeRange(placeOf, ascending.length, range);
      known.set(range, found);
      return found;
    },
  };
}

function createPlacer(ascending: readonly string[]): (version: string) => Place {
  const indices = new Map(ascending.map((version, index) => [version, index]));
  let parsed: readonly Parsed[] | undefined;
  return (version) => {
    const index = indices.get(version);
    if (index !== undefined) return { at: index, behind: index + 1 };
    parsed ??= ascending.map((text) => new semverVersion(text));
    const wanted = new semverVersion(version);
    return {
      at: firstWhere(parsed, (other) => other.compare(wanted) >= 0),
      behind: firstWhere(parsed, (other) => other.compare(wanted) > 0),
    };
  };
}

function placeRange(placeOf: (version: string) => Place, count: number, range: string): RangeIndex {
  const alternatives = parsePlainRange(range) ?? parseRange(range);
  const intervals = alternatives.map((bounds) => placeBounds(placeOf, count, bounds));
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
      bounds.push({ operator: match[1] as Bound['operator'], version: match[2] ?? '' });
    }
    alternatives.push(bounds);
  }
  return alternatives;
}

function parseRange(range: string): readonly (readonly Bound[])[] {
  // A comparator without a value accepts everything.
  return new semverRange(range, { includePrerelease: true }).set.map((comparators) =>
    comparators
      .filter((comparator) => comparator.value !== '')
      .map(({ operator, semver }) => ({ operator, version: semver.version })),
  );
}

function placeBounds(placeOf: (version: string) => Place, count: number, bounds: readonly Bound[]): Interval {
  const placed = bounds.map(({ operator, version }) => {
    const { at, behind } = placeOf(version);
    return { operator, version, at, behind };
  });
  const lower = placed.filter((bound) => bound.operator.startsWith('>') || isExact(bound));
  const upper = placed.filter((bound) => bound.operator.startsWith('<') || isExact(bound));
  // Nothing satisfies bounds that exclude each other, and nothing is above them: what demands that is never met.
  if (lower.some((from) => upper.some((to) => excludes(from, to)))) return { from: count, to: count };
  return {
    from: Math.max(0, ...lower.map(({ operator, at, behind }) => (operator === '>' ? behind : at))),
    to: Math.min(count, ...upper.map(({ operator, at, behind }) => (operator === '<' ? at : behind))),
  };
}

function isExact({ operator }: Bound): boolean {
  return operator === '' || operator === '=';
}

function excludes(lower: Bound & Place, upper: Bound & Place): boolean {
  const order = compareBounds(lower, upper);
  return order > 0 || (order === 0 && (lower.operator === '>' || upper.operator === '<'));
}

/** Two that are not in the list may stand at the same place of it. */
function compareBounds(a: Bound & Place, b: Bound & Place): number {
  return a.at - b.at || a.behind - b.behind || (a.version === b.version ? 0 : semverCompare(a.version, b.version));
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
