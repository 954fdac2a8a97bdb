import { describe, expect, it } from 'vitest';
import type { Catalog, CatalogEntry, Condition, ConditionFact, ConditionFacts, KnownRisk } from '../model/index.ts';
import { choosePath } from './path.ts';

const entry = (version: string, rest: Partial<CatalogEntry> = {}): CatalogEntry => ({
  version,
  digest: `sha256:${'0'.repeat(64)}`,
  publishedAt: '2026-01-01T00:00:00.000Z',
  stops: [],
  ...rest,
});

function catalogOf(releases: readonly CatalogEntry[], risks: readonly KnownRisk[] = []): Catalog {
  return { product: 'shop', rules: { skipMinor: true, skipMajor: true }, releases, channels: {}, risks };
}

const WHEN: readonly Condition[] = [{ kind: 'sql', database: 'core', query: 'select true', equals: 'true' }];
const STOP = { id: 'pk-bigint', satisfiedBy: '>=1.3.2 <1.4.0', reason: 'events.id must be bigint', when: WHEN };
const stopping = catalogOf([entry('1.0.0'), entry('1.3.5'), entry('1.4.0', { stops: [STOP] })]);

const facts = (state: ConditionFact['state']): ConditionFacts => ({
  stops: new Map([['1.4.0/pk-bigint', { state, evidence: 'the query gives true' }]]),
  risks: new Map([['loses-orders', { state, evidence: 'the server of core is 14.5' }]]),
});

function walk(catalog: Catalog, conditions?: ConditionFacts) {
  const versions = catalog.releases.map(({ version }) => version);
  const [from = '', to = ''] = [versions[0], versions.at(-1)];
  const result = choosePath({ catalog, from, to, toolVersion: '1.0.0', ...(conditions ? { conditions } : {}) });
  return {
    path: result.kind === 'path' ? [from, ...result.hops.map((hop) => hop.to)] : undefined,
    says: result.findings.map(({ message }) => message),
  };
}

describe('choosePath() with a stop that has conditions', () => {
  it('passes the stop where one applies, and says why', () => {
    expect(walk(stopping, facts('applies'))).toEqual({
      path: ['1.0.0', '1.3.5', '1.4.0'],
      says: ['Stop pk-bigint of 1.4.0 applies: the query gives true.'],
    });
  });

  it('leaves the stop out where none applies, and says why', () => {
    expect(walk(stopping, facts('does-not-apply'))).toEqual({
      path: ['1.0.0', '1.4.0'],
      says: ['Stop pk-bigint of 1.4.0 does not apply: the query gives true.'],
    });
  });

  it('passes the stop where it cannot be told, or where nobody has looked', () => {
    expect(walk(stopping, facts('unknown'))).toEqual({
      path: ['1.0.0', '1.3.5', '1.4.0'],
      says: ['Stop pk-bigint of 1.4.0 counts, because it cannot be told whether it applies: the query gives true.'],
    });
    expect(walk(stopping).path).toEqual(['1.0.0', '1.3.5', '1.4.0']);
  });

  it('takes what was found of another release’s stop for nothing', () => {
    const other = {
      ...facts('unknown'),
      stops: new Map([['1.3.0/pk-bigint', { state: 'does-not-apply', evidence: '' } as const]]),
    };
    expect(walk(stopping, other).path).toEqual(['1.0.0', '1.3.5', '1.4.0']);
  });

  it('says why the stop counts when nothing satisfies it', () => {
    const wall = catalogOf([entry('1.0.0'), entry('1.4.0', { stops: [STOP] })]);
    expect(walk(wall, facts('applies')).says[0]).toContain('; the stop applies: the query gives true');
    expect(walk(wall, facts('does-not-apply')).path).toEqual(['1.0.0', '1.4.0']);
  });
});

describe('choosePath() with releases that have a risk', () => {
  const RISK: KnownRisk = {
    id: 'loses-orders',
    message: 'Orders are lost.',
    affects: '1.3.5',
    fixedIn: '1.3.9',
    when: WHEN,
  };
  const stop = { id: 'pk-bigint', satisfiedBy: '>=1.3.2 <1.4.0', prefer: '1.3.5', reason: 'bigint' };
  const around = (risk: Partial<KnownRisk> = {}) =>
    catalogOf(
      [entry('1.0.0'), entry('1.3.2'), entry('1.3.5'), entry('1.4.0', { stops: [stop] })],
      [{ ...RISK, ...risk }],
    );

  it('goes around a release on the way that one applies to, and says so', () => {
    expect(walk(around(), facts('applies'))).toEqual({
      path: ['1.0.0', '1.3.2', '1.4.0'],
      says: ['The path goes around 1.3.5, which has risk loses-orders: Orders are lost.'],
    });
  });

  it('goes around it also where it cannot be told', () => {
    expect(walk(around(), facts('unknown')).path).toEqual(['1.0.0', '1.3.2', '1.4.0']);
    expect(walk(around()).path).toEqual(['1.0.0', '1.3.2', '1.4.0']);
  });

  it('does not mind a risk that does not apply', () => {
    expect(walk(around(), facts('does-not-apply'))).toEqual({ path: ['1.0.0', '1.3.5', '1.4.0'], says: [] });
  });

  it('takes more hops to go around, but passes through when there is no other way', () => {
    const longer = catalogOf(
      [
        entry('1.0.0'),
        entry('1.1.0'),
        entry('1.2.0', { upgradeFrom: '1.1.0' }),
        entry('1.3.5'),
        entry('1.4.0', { upgradeFrom: '1.2.0 || 1.3.5' }),
      ],
      [RISK],
    );
    expect(walk(longer, facts('applies')).path).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.4.0']);
    expect(walk(around({ affects: '>=1.3.0', fixedIn: '1.3.9' }), facts('applies')).path).toEqual([
      '1.0.0',
      '1.3.5',
      '1.4.0',
    ]);
  });

  it('goes to a target that has one: the gate is what stops there', () => {
    expect(walk(catalogOf([entry('1.0.0'), entry('1.3.5')], [RISK]), facts('applies'))).toEqual({
      path: ['1.0.0', '1.3.5'],
      says: [],
    });
  });
});
