import {
  type Catalog,
  type CatalogEntry,
  type ConditionFact,
  type ConditionFacts,
  compareVersions,
  createRangeIndexer,
  findConditionFact,
  parseVersion,
  type RangeIndex,
  type Stop,
  satisfiesRange,
  sortVersions,
  stopKey,
} from '../model/index.ts';

export interface PathRequest {
  readonly catalog: Catalog;
  readonly from: string;
  readonly to: string;
  /** The version of the running tool, which releases may demand a range of. */
  readonly toolVersion: string;
  /** Whether stops and risks apply here; what is not in it is unknown, and counts. */
  readonly conditions?: ConditionFacts;
}

/** A stop, the release that declares it, and where it stands. */
export interface PlacedStop {
  readonly stop: Stop;
  readonly declaredBy: string;
  /** Why it counts. */
  readonly fact: ConditionFact;
  /** The first node that is not older than the declaring release: edges that reach it or go past it cross the stop. */
  readonly at: number;
  isSatisfiedBy(index: number): boolean;
  /** True for nodes from which the stop may be crossed: they satisfy it or are above it. */
  isPassedBy(index: number): boolean;
}

/** Why one release cannot be reached directly from another. */
export type Blocker =
  | { readonly kind: 'withdrawn'; readonly reason: string }
  | { readonly kind: 'stop'; readonly placed: PlacedStop }
  | { readonly kind: 'upgrade-from'; readonly range: string }
  | { readonly kind: 'line'; readonly level: 'minor' | 'major'; readonly next: string }
  | { readonly kind: 'tool'; readonly range: string };

/**
 * The releases of one search and the direct upgrades between them. Nodes are indices into `versions`, which ascends. Prereleases
 * are nodes only when the search starts or ends at one. Everything that needs a version to be parsed is done when it is made, so
 * that `hasEdge` only compares numbers.
 */
export interface PathGraph {
  readonly versions: readonly string[];
  readonly stops: readonly PlacedStop[];
  /** `undefined` for a start that is not in the catalog. */
  entry(index: number): CatalogEntry | undefined;
  hasEdge(from: number, to: number): boolean;
  /** No node above this one can be reached directly. */
  furthest(from: number): number;
  /** Every reason against an edge; none when there is one. `from` must be below `to`. */
  blockers(from: number, to: number): readonly Blocker[];
}

export function buildPathGraph(request: PathRequest): PathGraph {
  const { catalog, toolVersion } = request;
  const versions = listNodes(request);
  const ranges = createRangeIndexer(versions);
  const entriesByVersion = new Map(catalog.releases.map((entry) => [entry.version, entry]));
  const entries = versions.map((version) => entriesByVersion.get(version));
  const stops = placeStops(request, versions, (range) => ranges.place(range));
  const limits = limitByStops(versions.length, stops);
  const lines = numberLines(versions);
  const origins = entries.map((entry) =>
    entry?.upgradeFrom === undefined ? undefined : ranges.place(entry.upgradeFrom),
  );
  const accepts = acceptsTool(toolVersion);
  const isUsable = entries.map((entry) => entry !== undefined && !entry.withdrawn && accepts(entry.requiresTool));
  const lineStep = catalog.rules.skipMinor ? (catalog.rules.skipMajor ? undefined : lines.major) : lines.minor;
  const isNextLine = (from: number, to: number) => !lineStep || at(lineStep, to) - at(lineStep, from) <= 1;
  const ends = limits.map((limit, from) => Math.min(limit, lineStep ? endOfNextLine(lineStep, from) : versions.length));

  return {
    versions,
    stops,
    entry: (index) => entries[index],
    hasEdge: (from, to) =>
      from < to && isUsable[to] === true && to < at(ends, from) && (origins[to]?.has(from) ?? true),
    furthest: (from) => at(ends, from) - 1,
    blockers(from, to) {
      const entry = entries[to];
      const found: Blocker[] = [];
      if (entry?.withdrawn) found.push({ kind: 'withdrawn', reason: entry.withdrawn.reason });
      for (const placed of stops) {
        if (from < placed.at && placed.at <= to && !placed.isPassedBy(from)) found.push({ kind: 'stop', placed });
      }
      if (!isNextLine(from, to))
        found.push(describeSkippedLine(versions, lines, { from, skipMinor: catalog.rules.skipMinor }));
      const range = entry?.upgradeFrom;
      if (range !== undefined && origins[to]?.has(from) === false) found.push({ kind: 'upgrade-from', range });
      if (entry?.requiresTool !== undefined && !accepts(entry.requiresTool)) {
        found.push({ kind: 'tool', range: entry.requiresTool });
      }
      return found;
    },
  };
}

function listNodes({ catalog, from, to }: PathRequest): readonly string[] {
  const isPrerelease = (version: string) => version.includes('-') && (parseVersion(version)?.isPrerelease ?? false);
  const withPrereleases = isPrerelease(from) || isPrerelease(to);
  const versions = new Set([from]);
  for (const { version } of catalog.releases) if (withPrereleases || !isPrerelease(version)) versions.add(version);
  return sortVersions([...versions]);
}

/**
 * Stops count whoever declares them: withdrawn releases, and prereleases that are not nodes of this search. Only conditions that were looked
 * at and do not apply take one away.
 */
function placeStops(
  { catalog, conditions }: PathRequest,
  versions: readonly string[],
  place: (range: string) => RangeIndex,
): readonly PlacedStop[] {
  const indices = new Map(versions.map((version, index) => [version, index]));
  const placed: PlacedStop[] = [];
  for (const { version, stops } of catalog.releases) {
    if (stops.length === 0) continue;
    const position = indices.get(version) ?? versions.findIndex((node) => compareVersions(node, version) > 0);
    if (position === -1) continue;
    for (const stop of stops) {
      const fact = findConditionFact(stop.when, conditions?.stops, stopKey(version, stop.id));
      if (fact.state === 'does-not-apply') continue;
      const range = place(stop.satisfiedBy);
      placed.push({
        stop,
        declaredBy: version,
        fact,
        at: position,
        isSatisfiedBy: (index) => range.has(index),
        isPassedBy: (index) => range.has(index) || range.isAbove(index),
      });
    }
  }
  return placed.sort((a, b) => a.at - b.at);
}

/** The first node that is more than one line ahead. Line numbers ascend. */
function endOfNextLine(lines: readonly number[], from: number): number {
  let end = from + 1;
  while (end < lines.length && at(lines, end) - at(lines, from) <= 1) end += 1;
  return end;
}

/** For each node, the first node that it may not reach because of a stop in between. */
function limitByStops(count: number, stops: readonly PlacedStop[]): readonly number[] {
  const limits = new Array<number>(count).fill(count);
  for (const placed of stops) {
    for (let index = 0; index < placed.at; index += 1) {
      if (placed.at < at(limits, index) && !placed.isPassedBy(index)) limits[index] = placed.at;
    }
  }
  return limits;
}

interface Lines {
  /** For each node, the number of its (major, minor) line among the lines that exist. */
  readonly minor: readonly number[];
  readonly major: readonly number[];
}

/** Withdrawn releases keep their line in existence, so that withdrawing never opens an edge across it. */
function numberLines(versions: readonly string[]): Lines {
  const minor: number[] = [];
  const major: number[] = [];
  let previous: { readonly major: number; readonly minor: number } | undefined;
  for (const version of versions) {
    const parts = parseVersion(version) ?? { major: 0, minor: 0 };
    const isNewMajor = previous !== undefined && previous.major !== parts.major;
    const isNewMinor = previous !== undefined && (isNewMajor || previous.minor !== parts.minor);
    minor.push((minor.at(-1) ?? 0) + (isNewMinor ? 1 : 0));
    major.push((major.at(-1) ?? 0) + (isNewMajor ? 1 : 0));
    previous = parts;
  }
  return { minor, major };
}

function describeSkippedLine(
  versions: readonly string[],
  lines: Lines,
  options: { readonly from: number; readonly skipMinor: boolean },
): Blocker {
  const level = options.skipMinor ? 'major' : 'minor';
  const numbers = lines[level];
  const next = versions[numbers.indexOf(at(numbers, options.from) + 1)] ?? '';
  const parts = parseVersion(next);
  return { kind: 'line', level, next: level === 'major' ? `${parts?.major}` : `${parts?.major}.${parts?.minor}` };
}

function acceptsTool(toolVersion: string): (range: string | undefined) => boolean {
  const known = new Map<string, boolean>();
  return (range) => {
    if (range === undefined) return true;
    const accepted = known.get(range) ?? satisfiesRange(toolVersion, range);
    known.set(range, accepted);
    return accepted;
  };
}

/** The value at an index that is known to be inside. */
function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? 0;
}
