import { describe, expect, it } from 'vitest';
import { backoffMs, countCrashes } from './backoff.ts';

describe('backoffMs()', () => {
  it('starts at 0.2 s, doubles, and ends at 10 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 500].map(backoffMs)).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });
});

describe('countCrashes()', () => {
  it('counts on, and starts over for a process that was up for 30 s', () => {
    expect(countCrashes(0, 10)).toBe(1);
    expect(countCrashes(4, 29_999)).toBe(5);
    expect(countCrashes(4, 30_000)).toBe(1);
  });
});
