const SMALLEST_MS = 0.1;
const GROWTH = 1.02;

/** Collects latencies in buckets that are 2 % wide: small however many there are. */
export class Latency {
  #counts = [];
  #total = 0;
  #maxMs = 0;

  /** @param {number} ms */
  add(ms) {
    const bucket = Math.ceil(Math.log(Math.max(1, ms / SMALLEST_MS)) / Math.log(GROWTH));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** In milliseconds, to a tenth. */
  summary() {
    const round = (/** @type {number} */ ms) => Math.round(ms * 10) / 10;
    return {
      requests: this.#total,
      p50: round(this.#quantile(0.5)),
      p99: round(this.#quantile(0.99)),
      max: round(this.#maxMs),
    };
  }

  /** The upper bound of the bucket that holds it. */
  #quantile(/** @type {number} */ share) {
    let seen = 0;
    const bucket = this.#counts.findIndex((count = 0) => {
      seen += count;
      return seen >= share * this.#total;
    });
    return bucket < 0 ? 0 : Math.min(this.#maxMs, SMALLEST_MS * GROWTH ** bucket);
  }
}
