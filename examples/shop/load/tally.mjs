import { Latency } from './latency.mjs';

const FAILURES_KEPT = 20;

/** What became of the requests. */
export class Tally {
  /** Every order that was answered with 201. @type {string[]} */
  acknowledgedIds = [];
  /** The first ones. @type {{ t: string, kind: string, message: string }[]} */
  failures = [];
  #carried = 0;
  #failed = 0;
  /** @type {Record<string, number>} */
  #releases = {};
  /** @type {Record<string, Latency>} */
  #latencies = {};

  /** @param {{ mark: string, ms: number, release: string }} answer */
  countAnswer({ mark, ms, release }) {
    this.#latencies[mark] ??= new Latency();
    this.#latencies[mark].add(ms);
    this.#releases[release] = (this.#releases[release] ?? 0) + 1;
    this.#carried += 1;
  }

  /** @param {'not sent' | 'no answer' | 'server error' | 'wrong answer'} kind @param {string} message */
  countFailure(kind, message) {
    this.#failed += 1;
    if (kind === 'no answer') this.#carried += 1;
    if (this.failures.length < FAILURES_KEPT) this.failures.push({ t: new Date().toISOString(), kind, message });
  }

  /** `carried` are the requests that came to an end, `failed` the ones without a whole and right answer. */
  summary() {
    const latencies = Object.entries(this.#latencies).map(([mark, latency]) => [mark, latency.summary()]);
    return {
      carried: this.#carried,
      failed: this.#failed,
      releases: this.#releases,
      latency: Object.fromEntries(latencies),
    };
  }
}
