import type { SwitchCounters } from '../switch.ts';
import {
  createHistogram,
  encodeHistogram,
  type Histogram,
  type HistogramSnapshot,
  mergeHistogram,
  percentile,
  recordDuration,
} from './histogram.ts';

/**
 * Why a client got no whole answer.
 * - `no-target`: there was none within the delivery limit. `connect`: none could be connected to.
 * - `reset`: the target closed the connection without an answer. `cut-off`: in the middle of one.
 * - `bad-answer`: what the target said was no HTTP.
 * - `hold-full`, `hold-timeout`: it could not wait in the hold, or waited too long.
 * - `defect`: the switch itself could not pass it on; its log says why.
 * - `gone-while-waiting`: the client gave up while its request waited here. A client that leaves while a target works on its
 *   request is carried, not failed.
 */
export type FailureReason =
  | 'no-target'
  | 'connect'
  | 'reset'
  | 'cut-off'
  | 'bad-answer'
  | 'hold-full'
  | 'hold-timeout'
  | 'defect'
  | 'gone-while-waiting';

/** What one frontend has counted, in one process. */
export interface Counters {
  carried: number;
  serverErrors: number;
  held: number;
  retried: number;
  readonly failures: Map<string, number>;
  readonly latency: Histogram;
}

export interface CountersSnapshot {
  readonly carried: number;
  readonly serverErrors: number;
  readonly held: number;
  readonly retried: number;
  readonly failures: { readonly [reason: string]: number };
  readonly latency: HistogramSnapshot;
}

export function createCounters(): Counters {
  return { carried: 0, serverErrors: 0, held: 0, retried: 0, failures: new Map(), latency: createHistogram() };
}

/** Counts one request, at its end. `latencyMs` is left out when the client left before it had an answer. */
export function recordRequest(
  counters: Counters,
  outcome: { readonly latencyMs: number | undefined; readonly failure: FailureReason | undefined },
): void {
  counters.carried += 1;
  if (outcome.latencyMs !== undefined) recordDuration(counters.latency, outcome.latencyMs);
  if (outcome.failure !== undefined) {
    counters.failures.set(outcome.failure, (counters.failures.get(outcome.failure) ?? 0) + 1);
  }
}

export function encodeCounters(counters: Counters): CountersSnapshot {
  return {
    carried: counters.carried,
    serverErrors: counters.serverErrors,
    held: counters.held,
    retried: counters.retried,
    failures: Object.fromEntries(counters.failures),
    latency: encodeHistogram(counters.latency),
  };
}

/** Adds what a snapshot holds. */
export function mergeCounters(counters: Counters, snapshot: CountersSnapshot): void {
  counters.carried += snapshot.carried;
  counters.serverErrors += snapshot.serverErrors;
  counters.held += snapshot.held;
  counters.retried += snapshot.retried;
  for (const [reason, count] of Object.entries(snapshot.failures)) {
    counters.failures.set(reason, (counters.failures.get(reason) ?? 0) + count);
  }
  mergeHistogram(counters.latency, snapshot.latency);
}

export function describeCounters(counters: Counters): SwitchCounters {
  return {
    carried: counters.carried,
    failed: [...counters.failures.values()].reduce((sum, count) => sum + count, 0),
    failures: Object.fromEntries(counters.failures),
    serverErrors: counters.serverErrors,
    held: counters.held,
    retried: counters.retried,
    latency: {
      p50: percentile(counters.latency, 0.5),
      p99: percentile(counters.latency, 0.99),
      max: counters.latency.maxMs,
    },
  };
}
