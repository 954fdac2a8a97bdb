import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistogram, encodeHistogram, mergeHistogram, percentile, recordDuration } from './histogram.ts';

const durations = fc.array(fc.double({ min: 0.01, max: 86_400_000, noNaN: true }), { minLength: 1, maxLength: 300 });

function histogramOf(values: readonly number[]) {
  const histogram = createHistogram();
  for (const value of values) recordDuration(histogram, value);
  return histogram;
}

describe('a histogram', () => {
  it('tells every percentile from above, by at most 5 %', () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (values, fraction) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? 0;
        const told = percentile(histogramOf(values), fraction);
        expect(told).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(told).toBeLessThanOrEqual(exact * 1.05 * (1 + 1e-9));
      }),
    );
  });

  it('is the same whether it was recorded in one place, or in two and merged from snapshots', () => {
    fc.assert(
      fc.property(durations, durations, (here, there) => {
        const merged = createHistogram();
        mergeHistogram(merged, encodeHistogram(histogramOf(here)));
        mergeHistogram(merged, JSON.parse(JSON.stringify(encodeHistogram(histogramOf(there)))));
        expect(encodeHistogram(merged)).toEqual(encodeHistogram(histogramOf([...here, ...there])));
      }),
    );
  });

  it('is zero while it is empty, and keeps what is out of its range in its outer buckets', () => {
    expect(percentile(createHistogram(), 0.5)).toBe(0);
    const histogram = histogramOf([0, 1e12]);
    expect(percentile(histogram, 0.5)).toBeLessThanOrEqual(0.01);
    expect(histogram.maxMs).toBe(1e12);
    expect(encodeHistogram(histogram).buckets).toHaveLength(2);
  });
});
