import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measurePrecision, VERDICTS } from '../../../test/support/lint-precision.ts';
import { createSystem } from '../../system/index.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
const SEED = 4_711;
let scratch: Scratch;
beforeAll(async () => {
  scratch = await openScratch(system, { server: 15 });
});
afterAll(() => scratch.close());

describe('predictEffects() of random statements', () => {
  it(`is what Postgres 15 does, with the seed ${SEED}`, async () => {
    const found = await measurePrecision(system, { scratch, server: 15, seed: SEED, statements: 200 });
    expect(found.misses).toEqual([]);
    for (const verdict of VERDICTS) expect(found.scores[verdict].hits, verdict).toBeGreaterThan(20);
    expect(found.refused).toBeLessThan(found.measured / 2);
  });
});
