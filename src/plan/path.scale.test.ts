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

/**
 * How many times faster an action is than testing every release against every stop, one by one (of which a fiftieth is measured). Both
 * are measured in turns and the fastest counts, because the machine does other things too.
 */
function measureGain(catalog: Catalog, action: () => unknown): number {
  const ranges = catalog.releases.flatMap((entry) => entry.stops.map((stop) => stop.satisfiedBy));
  const testOneByOne = () => {
    for (const [index, { version }] of catalog.releases.entries()) {
      for (let step = index % 50; step < ranges.length; step += 50) satisfiesRange(version, ranges[step] ?? '');
    }
  };
  const fastest = { action: Number.POSITIVE_INFINITY, oneByOne: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 5; round += 1) {
    fastest.action = Math.min(fastest.action, measureMs(action));
    fastest.oneByOne = Math.min(fastest.oneByOne, 50 * measureMs(testOneByOne));
  }
  return fastest.oneByOne / fastest.action;
}

function measureMs(action: () => unknown): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

describe('choosePath() over 1,000 releases with 990 stops', () => {
  for (const [name, rules] of [
    ['one minor line at a time', { skipMinor: false, skipMajor: false }],
    ['with everything allowed to be skipped', { skipMinor: true, skipMajor: true }],
  ] as const) {
    it(`finds the path at least 10 times faster than by testing each release against each stop, ${name}`, () => {
      const catalog = buildLargeCatalog(rules);
      const request = { catalog, from: '1.0.0', to: '1.99.8', toolVersion: '1.0.0' };
      const result = choosePath(request);
      expect(result).toMatchObject({ kind: 'path' });
      expect(result.kind === 'path' && result.hops.length).toBeGreaterThan(49);
      expect(measureGain(catalog, () => choosePath(request))).toBeGreaterThan(10);
    });
  }

  it('finds it as quickly around releases with risks, of which fifty are known, with stops that have conditions', () => {
    const catalog = buildLargeCatalog({ skipMinor: false, skipMajor: false });
    const when = [{ kind: 'always' }] as const;
    const conditional: Catalog = {
      ...catalog,
      releases: catalog.releases.map((entry) => ({ ...entry, stops: entry.stops.map((stop) => ({ ...stop, when })) })),
      risks: Array.from({ length: 50 }, (_, index) => ({
        id: `risk-${index}`,
        message: 'It breaks.',
        affects: `1.${2 * index}.${index % 10}`,
        fixedIn: `1.${2 * index + 1}.0`,
        when,
      })),
    };
    const request = { catalog: conditional, from: '1.0.0', to: '1.99.8', toolVersion: '1.0.0' };
    expect(choosePath(request)).toMatchObject({ kind: 'path' });
    expect(measureGain(conditional, () => choosePath(request))).toBeGreaterThan(10);
  });

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
    expect(measureGain(catalog, () => choosePath(request))).toBeGreaterThan(10);
  });
});
