import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCatalog, anyStop, isAboveByTrying } from '../../test/support/catalogs.ts';
import {
  type Catalog,
  type CatalogEntry,
  compareVersions,
  parseVersion,
  satisfiesRange,
  sortVersions,
} from '../model/index.ts';
import { choosePath } from './path.ts';
import { buildPathGraph, type PathRequest } from './path-graph.ts';

const seed = Date.now() % 2 ** 31;
const limits = { seed, numRuns: 600 };

/** A catalog, and two of its releases. */
const anyRequest: fc.Arbitrary<PathRequest> = fc.tuple(anyCatalog, fc.nat(), fc.nat()).map(([catalog, a, b]) => {
  const pick = (index: number) => catalog.releases[index % catalog.releases.length]?.version ?? '';
  const [from = '', to = ''] = sortVersions([pick(a), pick(b)]);
  return { catalog, from, to, toolVersion: '1.5.0' };
});

/** The rules as they are written down, one release pair at a time: nothing of the search is used. */
function isAllowed({ catalog, from, to, toolVersion }: PathRequest, a: CatalogEntry, b: CatalogEntry): boolean {
  const withPrereleases = [from, to].some((version) => parseVersion(version)?.isPrerelease);
  const isNode = (entry: CatalogEntry) => withPrereleases || !parseVersion(entry.version)?.isPrerelease;
  if (compareVersions(a.version, b.version) >= 0 || !isNode(a) || !isNode(b)) return false;
  if (b.withdrawn || (b.requiresTool && !satisfiesRange(toolVersion, b.requiresTool))) return false;
  if (b.upgradeFrom && !satisfiesRange(a.version, b.upgradeFrom)) return false;
  for (const { version, stops } of catalog.releases) {
    if (compareVersions(a.version, version) >= 0 || compareVersions(version, b.version) > 0) continue;
    for (const { satisfiedBy } of stops) {
      if (!satisfiesRange(a.version, satisfiedBy) && !isAboveByTrying(a.version, satisfiedBy)) return false;
    }
  }
  if (catalog.rules.skipMinor && catalog.rules.skipMajor) return true;
  const lineOf = ({ version }: CatalogEntry) => {
    const parts = parseVersion(version);
    return catalog.rules.skipMinor ? `${parts?.major}` : `${parts?.major}.${parts?.minor}`;
  };
  const between = catalog.releases.filter(
    (entry) =>
      isNode(entry) && compareVersions(entry.version, a.version) > 0 && compareVersions(entry.version, b.version) < 0,
  );
  return between.every((entry) => [lineOf(a), lineOf(b)].includes(lineOf(entry)));
}

/** Every path with the fewest hops, by trying all of them. */
function listShortest(request: PathRequest): readonly (readonly string[])[] {
  const { catalog, from, to } = request;
  let trails = catalog.releases.filter((entry) => entry.version === from).map((entry) => [entry]);
  for (let hops = 0; hops <= catalog.releases.length && trails.length > 0; hops += 1) {
    const arrived = trails.filter((trail) => trail.at(-1)?.version === to);
    if (arrived.length > 0) return arrived.map((trail) => trail.map((entry) => entry.version));
    trails = trails.flatMap((trail) => {
      const last = trail.at(-1);
      return catalog.releases.filter((next) => last && isAllowed(request, last, next)).map((next) => [...trail, next]);
    });
  }
  return [];
}

function walk(request: PathRequest): readonly string[] | undefined {
  const result = choosePath(request);
  return result.kind === 'path' ? [request.from, ...result.hops.map((hop) => hop.to)] : undefined;
}

/** Pairs that can be reached directly, as text. */
function listEdges(request: PathRequest): ReadonlySet<string> {
  const { versions, hasEdge } = buildPathGraph(request);
  const edges = new Set<string>();
  for (const [a, from] of versions.entries()) {
    for (const [b, to] of versions.entries()) if (hasEdge(a, b)) edges.add(`${from} -> ${to}`);
  }
  return edges;
}

function changeRelease(
  request: PathRequest,
  index: number,
  change: (entry: CatalogEntry) => CatalogEntry,
): PathRequest {
  const changed = index % request.catalog.releases.length;
  const releases = request.catalog.releases.map((entry, position) => (position === changed ? change(entry) : entry));
  const catalog: Catalog = { ...request.catalog, releases };
  return { ...request, catalog };
}

function expectNoWiderThan(narrowed: PathRequest, request: PathRequest): void {
  const before = listEdges(request);
  for (const edge of listEdges(narrowed)) expect(before).toContain(edge);
  const [short, long] = [walk(request), walk(narrowed)];
  if (long) expect(short?.length ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(long.length);
}

describe(`choosePath() over random catalogs (seed ${seed})`, () => {
  it('allows exactly the direct upgrades that the rules allow', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const edges = listEdges(request);
        for (const a of request.catalog.releases) {
          for (const b of request.catalog.releases) {
            expect([a.version, b.version, edges.has(`${a.version} -> ${b.version}`)]).toEqual([
              a.version,
              b.version,
              isAllowed(request, a, b),
            ]);
          }
        }
      }),
      { ...limits, numRuns: 200 },
    );
  });

  it('takes only upgrades that the rules allow, always up, and never through a withdrawn release', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const path = walk(request) ?? [];
        const entries = path.map((version) => request.catalog.releases.find((entry) => entry.version === version));
        for (const [index, next] of entries.slice(1).entries()) {
          const before = entries[index];
          expect(before && next && isAllowed(request, before, next)).toBe(true);
          expect(next?.withdrawn).toBeUndefined();
          expect(compareVersions(next?.version ?? '', before?.version ?? '')).toBeGreaterThan(0);
        }
      }),
      limits,
    );
  });

  it('finds a shortest path: of those the one through most preferred versions, then the highest', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const shortest = listShortest(request);
        const { catalog, from, to } = request;
        const preferred = new Set(
          catalog.releases
            .filter(({ version }) => compareVersions(version, from) > 0 && compareVersions(version, to) <= 0)
            .flatMap((entry) => entry.stops.flatMap((stop) => stop.prefer ?? [])),
        );
        const count = (path: readonly string[]) => path.slice(1, -1).filter((version) => preferred.has(version)).length;
        const [best] = [...shortest].sort((a, b) => {
          const differing = a.findIndex((version, index) => version !== b[index]);
          return count(b) - count(a) || (differing < 0 ? 0 : compareVersions(b[differing] ?? '', a[differing] ?? ''));
        });
        expect(walk(request)).toEqual(best);
      }),
      limits,
    );
  });

  it('opens no upgrade and shortens no path when a stop is added', () => {
    fc.assert(
      fc.property(anyRequest, fc.nat(), anyStop, (request, index, stop) => {
        expectNoWiderThan(
          changeRelease(request, index, (entry) => ({ ...entry, stops: [...entry.stops, stop] })),
          request,
        );
      }),
      limits,
    );
  });

  it('opens no upgrade and shortens no path when a release is withdrawn', () => {
    fc.assert(
      fc.property(anyRequest, fc.nat(), (request, index) => {
        expectNoWiderThan(
          changeRelease(request, index, (entry) => ({ ...entry, withdrawn: { reason: 'broken' } })),
          request,
        );
      }),
      limits,
    );
  });

  it('says why there is no path, with a hint each time, and why a path stops where it does', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const result = choosePath(request);
        if (result.kind === 'path') {
          for (const hop of result.hops.slice(0, -1)) expect(hop.stop?.reason).toBeTruthy();
          expect(result.hops.at(-1)?.stop).toBeUndefined();
          return;
        }
        expect(result.findings.filter((finding) => finding.severity === 'error').length).toBeGreaterThan(0);
        for (const finding of result.findings) expect(finding.hint).toMatch(/^[A-Z].*[.?]$/);
      }),
      limits,
    );
  });
});
