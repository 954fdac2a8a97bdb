import { describe, expect, it } from 'vitest';
import type { Catalog, CatalogEntry } from '../model/index.ts';
import { choosePath } from './path.ts';

function entry(version: string, rest: Partial<CatalogEntry> = {}): CatalogEntry {
  return { version, digest: `sha256:${'0'.repeat(64)}`, publishedAt: '2026-01-01T00:00:00.000Z', stops: [], ...rest };
}

function catalogOf(releases: readonly CatalogEntry[], rules: Partial<Catalog['rules']> = {}): Catalog {
  return { product: 'shop', rules: { skipMinor: false, skipMajor: false, ...rules }, releases, channels: {} };
}

const plain = (...versions: string[]) => versions.map((version) => entry(version));
const free = { skipMinor: true, skipMajor: true };
const stopAt = (satisfiedBy: string, prefer?: string) => ({
  stops: [{ id: 'pk-bigint', satisfiedBy, reason: 'events.id must be bigint', ...(prefer ? { prefer } : {}) }],
});

function walk(catalog: Catalog, from: string, to: string, toolVersion = '1.0.0') {
  const result = choosePath({ catalog, from, to, toolVersion });
  return result.kind === 'path' ? [from, ...result.hops.map((hop) => hop.to)] : codes(catalog, from, to, toolVersion);
}

function explain(catalog: Catalog, from: string, to: string, toolVersion = '1.0.0') {
  const result = choosePath({ catalog, from, to, toolVersion });
  return result.kind === 'none' ? result.findings : [];
}

function codes(catalog: Catalog, from: string, to: string, toolVersion = '1.0.0') {
  return explain(catalog, from, to, toolVersion).map((finding) => finding.code);
}

describe('choosePath()', () => {
  it('has no hops when the target is what runs', () => {
    expect(
      choosePath({ catalog: catalogOf(plain('1.0.0')), from: '1.0.0', to: '1.0.0', toolVersion: '1.0.0' }),
    ).toEqual({
      kind: 'path',
      hops: [],
      findings: [],
    });
  });

  it('goes to the target at once when nothing lies between', () => {
    expect(walk(catalogOf(plain('1.0.0', '1.0.1', '1.1.0')), '1.0.0', '1.1.0')).toEqual(['1.0.0', '1.1.0']);
  });

  it('passes through every minor line, at its highest release', () => {
    const catalog = catalogOf(plain('1.0.0', '1.1.0', '1.1.4', '1.2.0', '2.0.0'));
    expect(walk(catalog, '1.0.0', '2.0.0')).toEqual(['1.0.0', '1.1.4', '1.2.0', '2.0.0']);
  });

  it('skips minor lines but not majors when the product allows just that', () => {
    const catalog = catalogOf(plain('1.0.0', '1.1.0', '1.2.0', '2.0.0', '2.4.0', '3.0.0'), { skipMinor: true });
    expect(walk(catalog, '1.0.0', '3.0.0')).toEqual(['1.0.0', '2.4.0', '3.0.0']);
  });

  it('passes a stop, at the version the vendor prefers, and says why', () => {
    const catalog = catalogOf(
      [...plain('1.0.0', '1.3.2', '1.3.5', '1.3.9'), entry('1.4.0', stopAt('>=1.3.2 <1.4.0', '1.3.5'))],
      free,
    );
    expect(choosePath({ catalog, from: '1.0.0', to: '1.4.0', toolVersion: '1.0.0' })).toEqual({
      kind: 'path',
      hops: [
        { from: '1.0.0', to: '1.3.5', stop: { id: 'pk-bigint', reason: 'events.id must be bigint' } },
        { from: '1.3.5', to: '1.4.0' },
      ],
      findings: [],
    });
  });

  it('passes a stop that a withdrawn release or a prerelease declares', () => {
    const withdrawn = catalogOf(
      [...plain('1.0.0', '1.1.0', '1.3.0'), entry('1.2.0', { ...stopAt('>=1.1.0'), withdrawn: { reason: 'broken' } })],
      free,
    );
    expect(walk(withdrawn, '1.0.0', '1.3.0')).toEqual(['1.0.0', '1.1.0', '1.3.0']);
    const early = catalogOf([...plain('1.0.0', '1.1.0', '1.2.0'), entry('1.2.0-rc.1', stopAt('>=1.1.0'))], free);
    expect(walk(early, '1.0.0', '1.2.0')).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  });

  it('does not ask for a stop of one that is above its range already', () => {
    const catalog = catalogOf([...plain('1.3.9', '1.5.0'), entry('1.4.0', stopAt('>=1.3.2 <1.3.6'))], free);
    expect(walk(catalog, '1.3.9', '1.5.0')).toEqual(['1.3.9', '1.5.0']);
  });

  it('leaves a withdrawn release, and never goes to one', () => {
    const catalog = catalogOf([entry('1.0.0', { withdrawn: { reason: 'loses data' } }), ...plain('1.0.1')]);
    expect(walk(catalog, '1.0.0', '1.0.1')).toEqual(['1.0.0', '1.0.1']);
    const back = catalogOf([...plain('1.0.0'), entry('1.0.1', { withdrawn: { reason: 'loses data' } })]);
    expect(explain(back, '1.0.0', '1.0.1')[0]?.message).toBe('1.0.1 was withdrawn: loses data');
  });

  it('passes through prereleases only from or to one', () => {
    const catalog = catalogOf([
      ...plain('1.0.0', '1.2.0', '1.3.0-rc.1'),
      entry('1.1.0-rc.1'),
      entry('1.2.1', { upgradeFrom: '>=1.1.0-rc.1 <1.2.1' }),
    ]);
    expect(walk(catalog, '1.0.0', '1.2.1')).toEqual(['1.0.0', '1.2.0', '1.2.1']);
    expect(walk(catalog, '1.0.0', '1.3.0-rc.1')).toEqual(['1.0.0', '1.1.0-rc.1', '1.2.1', '1.3.0-rc.1']);
  });

  it('accepts what upgradeFrom accepts', () => {
    const catalog = catalogOf([...plain('1.0.0', '1.1.0'), entry('1.2.0', { upgradeFrom: '>=1.1.0' })], free);
    expect(choosePath({ catalog, from: '1.0.0', to: '1.2.0', toolVersion: '1.0.0' })).toMatchObject({
      hops: [{ to: '1.1.0', stop: { id: 'upgrade-from' } }, { to: '1.2.0' }],
    });
  });

  it('goes around an intermediate release that needs a newer tool', () => {
    const catalog = catalogOf([...plain('1.0.0', '1.1.0'), entry('1.1.1', { requiresTool: '>=2' }), ...plain('1.2.0')]);
    expect(walk(catalog, '1.0.0', '1.2.0')).toEqual(['1.0.0', '1.1.0', '1.2.0']);
    expect(walk(catalog, '1.0.0', '1.2.0', '2.0.0')).toEqual(['1.0.0', '1.1.1', '1.2.0']);
  });
});

describe('choosePath() without a path', () => {
  it('refuses to go down and names restoring a backup', () => {
    const [finding] = explain(catalogOf(plain('1.0.0', '1.1.0')), '1.1.0', '1.0.0');
    expect(finding?.code).toBe('plan.downgrade');
    expect(finding?.message).toBe('1.0.0 is older than 1.1.0, and the schema only goes forward');
    expect(finding?.hint).toContain('restore a backup');
  });

  it('suggests the nearest version for an unknown target, and explains an unknown start', () => {
    const findings = explain(catalogOf(plain('1.1.0', '1.2.0')), '1.0.0', '1.2.1');
    expect(findings.map((finding) => finding.code)).toEqual(['plan.unknown-target', 'plan.unknown-start']);
    expect(findings[0]?.hint).toContain('1.2.0');
  });

  it('says which stop has no release, and which command is next', () => {
    const catalog = catalogOf([...plain('1.0.0', '1.2.9'), entry('1.4.0', stopAt('>=1.3.2 <1.4.0'))], free);
    const [stop, nearest] = explain(catalog, '1.0.0', '1.4.0');
    expect(stop?.message).toBe(
      'stop "pk-bigint" of 1.4.0 must be passed through a release in >=1.3.2 <1.4.0 (events.id must be bigint), and no such release is published',
    );
    expect(stop?.hint).toContain('`onward upgrade --version 1.2.9`');
    expect(nearest?.message).toBe('1.2.9 is the newest release on the way to 1.4.0 that can be reached from 1.0.0');
  });

  it('says that every release of a stop, or of a minor line, was withdrawn', () => {
    const gone = entry('1.1.0', { withdrawn: { reason: 'broken' } });
    const stop = catalogOf([...plain('1.0.0'), gone, entry('1.2.0', stopAt('>=1.1.0 <1.2.0'))], free);
    expect(explain(stop, '1.0.0', '1.2.0')[0]?.message).toContain('every such release was withdrawn (1.1.0)');
    const line = catalogOf([...plain('1.0.0', '1.2.0'), gone]);
    expect(codes(line, '1.0.0', '1.2.0')).toEqual(['plan.line', 'plan.nearest']);
  });

  it('says which tool version is needed and how to get it', () => {
    const [finding] = explain(
      catalogOf([...plain('1.0.0'), entry('1.1.0', { requiresTool: '>=1.3' })]),
      '1.0.0',
      '1.1.0',
    );
    expect(finding?.message).toBe('1.1.0 needs Onward >=1.3, and this is Onward 1.0.0');
    expect(finding?.hint).toContain('npm install --global "onward@>=1.3"');
  });

  it('says which releases a target accepts', () => {
    const catalog = catalogOf([...plain('1.0.0'), entry('1.1.0', { upgradeFrom: '>=1.0.5' })]);
    expect(explain(catalog, '1.0.0', '1.1.0')[0]?.message).toContain('1.1.0 accepts upgrades from >=1.0.5 only');
  });
});
