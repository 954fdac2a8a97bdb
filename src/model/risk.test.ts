import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRange, anyVersions, isAboveByTrying } from '../../test/support/catalogs.ts';
import { type KnownRisk, listRisksByVersion, listRisksOf } from './risk.ts';
import { compareVersions, satisfiesRange } from './version.ts';

const seed = Date.now() % 2 ** 31;
const risk: KnownRisk = { id: 'slow', message: 'It is slow.', affects: '>=1.2.0 <1.3.0' };
const has = (version: string, more: Partial<KnownRisk> = {}) => listRisksOf([{ ...risk, ...more }], version).length > 0;

describe('listRisksOf()', () => {
  it('names the releases of the range, and every later one as long as none fixes it', () => {
    expect(['1.1.9', '1.2.0', '1.2.9', '1.3.0', '2.0.0'].map((version) => has(version))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('ends with the release that fixes it; a prerelease of that one still has it', () => {
    expect(
      ['1.3.0', '1.3.9', '1.4.0-rc.1', '1.4.0', '2.0.0'].map((version) => has(version, { fixedIn: '1.4.0' })),
    ).toEqual([true, true, true, false, false]);
  });

  it('leaves the gaps of a range out, as fixes of older lines are written', () => {
    const affects = '>=1.2.0 <1.2.5 || >=1.3.0 <1.3.1';
    expect(['1.2.4', '1.2.5', '1.3.0', '1.3.1'].map((version) => has(version, { affects, fixedIn: '1.3.1' }))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('listRisksByVersion()', () => {
  it(`says of each of many releases what it says of one (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyVersions, anyRange, fc.option(fc.nat()), (versions, affects, pick) => {
        const fixedIn = pick === null ? undefined : versions[pick % versions.length];
        const known = { ...risk, affects, ...(fixedIn === undefined ? {} : { fixedIn }) };
        const found = listRisksByVersion([known], versions);
        for (const version of versions) {
          const isFixed = fixedIn !== undefined && compareVersions(version, fixedIn) >= 0;
          const isIn = satisfiesRange(version, affects) || isAboveByTrying(version, affects);
          expect([version, found.has(version)]).toEqual([version, isIn && !isFixed]);
          expect(listRisksOf([known], version).length > 0).toBe(found.has(version));
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});
