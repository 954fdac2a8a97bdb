import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRange, anyVersions, isAboveByTrying } from '../../test/support/catalogs.ts';
import { createRangeIndexer, satisfiesRange } from './index.ts';

const seed = Date.now() % 2 ** 31;

describe(`createRangeIndexer() (seed ${seed})`, () => {
  it('agrees with trying every version', () => {
    fc.assert(
      fc.property(anyVersions, anyRange, (versions, range) => {
        const index = createRangeIndexer(versions).place(range);
        expect(versions.map((_, at) => [index.has(at), index.isAbove(at)])).toEqual(
          versions.map((version) => [satisfiesRange(version, range), isAboveByTrying(version, range)]),
        );
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
