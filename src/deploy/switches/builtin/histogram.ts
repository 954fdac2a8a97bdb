/** Ratio of a bucket's bounds: a percentile is at most 5 % above the true value. */
const GROWTH = 1.05;
const SMALLEST_MS = 0.01;
/** The last bucket ends above a day. */
const BUCKETS = 472;

/** Durations in logarithmic buckets: constant memory, mergeable, persistable. */
export interface Histogram {
  readonly counts: Float64Array;
  maxMs: number;
}

/** Only the buckets that hold something, as `[index, count]`. */
export interface HistogramSnapshot {
  readonly maxMs: number;
  readonly buckets: readonly (readonly [number, number])[];
}

export function createHistogram(): Histogram {
  return { counts: new Float64Array(BUCKETS), maxMs: 0 };
}

export function recordDuration(histogram: Histogram, ms: number): void {
  const index = bucketOf(ms);
  histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
  if (ms > histogram.maxMs) histogram.maxMs = ms;
}

/** The upper bound of the bucket that holds the value at `fraction` of all, never above the largest value; 0 when empty. */
export function percentile(histogram: Histogram, fraction: number): number {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  const wanted = Math.max(1, Math.ceil(total * fraction));
  let seen = 0;
  for (const [index, count] of histogram.counts.entries()) {
    seen += count;
    if (seen >= wanted) return Math.min(upperBound(index), histogram.maxMs);
  }
  return 0;
}

export function encodeHistogram(histogram: Histogram): HistogramSnapshot {
  const buckets: [number, number][] = [];
  for (const [index, count] of histogram.counts.entries()) if (count > 0) buckets.push([index, count]);
  return { maxMs: histogram.maxMs, buckets };
}

/** Adds what a snapshot holds. */
export function mergeHistogram(histogram: Histogram, snapshot: HistogramSnapshot): void {
  for (const [index, count] of snapshot.buckets) {
    const at = Math.min(index, BUCKETS - 1);
    histogram.counts[at] = (histogram.counts[at] ?? 0) + count;
  }
  histogram.maxMs = Math.max(histogram.maxMs, snapshot.maxMs);
}

function bucketOf(ms: number): number {
  if (ms <= SMALLEST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH)));
}

function upperBound(index: number): number {
  return SMALLEST_MS * GROWTH ** index;
}
