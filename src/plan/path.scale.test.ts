import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { type Catalog, type CatalogEntry, satisfiesRange } from '../model/index.ts';
import { choosePath } from './path.ts';

/** 1,000 releases in 100 minor lines; each has a stop of its own, an origin of its own and a demand on the tool. */
function buildLargeCatalog(rules: Catalog['rules']): Catalog {
  const releases: CatalogEntry[] = [];
  for (let minor = 0; minor < 100; minor += 1) {
    for (let patch = 0; patch < 10; patch += 1) {
      const reached = Math.max(0, minor - 2);
      releases.push({
        version: `1.${minor}.${patch}`,
        digest: `sha256:${'0'.repeat(64)}`,
        publishedAt: '2026-01-01T00:00:00.000Z',
        upgradeFrom: `>=1.${reached}.0 <=1.${minor}.${patch}`,
        stops:
          minor === 0 ? [] : [{ id: `s${minor}-${patch}`, satisfiedBy: `>=1.${minor - 1}.${patch}`, reason: 'order' }],
        requiresTool: `>=0.${minor % 7}`,
        ...(patch === 9 && minor % 3 === 0 ? { withdrawn: { reason: 'broken' } } : {}),
      });
    }
  }
  return { product: 'shop', rules, releases, channels: {} };
}

/** The fastest of several, because the machine does other things too. */
function measureMs(action: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    action();
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** What it takes to test every release against every stop, one by one, from a fiftieth of it. */
function measureOneByOneMs(catalog: Catalog): number {
  const [versions, ranges] = [catalog.releases, catalog.releases.flatMap((entry) => entry.stops)];
  const sample = measureMs(() => {
    for (const [index, { version }] of versions.entries()) {
      for (let step = index % 50; step < ranges.length; step += 50)
        satisfiesRange(version, ranges[step]?.satisfiedBy ?? '');
    }
  });
  return 50 * sample;
}

describe('choosePath() over 1,000 releases with 990 stops', () => {
  for (const [name, rules] of [
    ['one minor line at a time', { skipMinor: false, skipMajor: false }],
    ['with everything allowed to be skipped', { skipMinor: true, skipMajor: true }],
  ] as const) {
    it(`finds the path 50 times faster than by testing each release against each stop, ${name}`, () => {
      const catalog = buildLargeCatalog(rules);
      const request = { catalog, from: '1.0.0', to: '1.99.8', toolVersion: '1.0.0' };
      const result = choosePath(request);
      expect(result).toMatchObject({ kind: 'path' });
      expect(result.kind === 'path' && result.hops.length).toBeGreaterThan(49);
      expect(measureMs(() => choosePath(request))).toBeLessThan(measureOneByOneMs(catalog) / 50);
    });
  }

  it('explains as quickly that there is none', () => {
    const catalog = buildLargeCatalog({ skipMinor: true, skipMajor: true });
    const releases = catalog.releases.map((entry) =>
      entry.version.startsWith('1.50.') ? { ...entry, withdrawn: { reason: 'broken' } } : entry,
    );
    const blocked = releases.map((entry) =>
      entry.version === '1.51.0'
        ? { ...entry, stops: [{ id: 'wall', satisfiedBy: '~1.50.0', reason: 'order' }] }
        : entry,
    );
    const request = { catalog: { ...catalog, releases: blocked }, from: '1.0.0', to: '1.99.8', toolVersion: '1.0.0' };
    expect(choosePath(request)).toMatchObject({ kind: 'none' });
    expect(measureMs(() => choosePath(request))).toBeLessThan(measureOneByOneMs(catalog) / 50);
  });
});
