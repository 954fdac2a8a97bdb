import type { Json } from './canonical-json.ts';
import type { Acceptance } from './plan.ts';

export type JournalKind = 'intent' | 'effect' | 'observe' | 'decision' | 'result' | 'note';

/** One line of a journal. `hash` is over `prev` and everything else in the record. */
export interface JournalRecord {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly t: string;
  readonly run: string;
  readonly epoch: number;
  readonly step: string;
  /** Names the effect within the step; equal for the records of one effect. */
  readonly key: string;
  readonly kind: JournalKind;
  readonly data: { readonly [key: string]: Json | undefined };
  readonly prev: string;
  readonly hash: string;
}

/** How a run ended, or `unfinished`. */
export type RunOutcome = 'committed' | 'rolled-back' | 'stopped' | 'unfinished' | 'needs-operator';

export interface RunSummary {
  readonly run: string;
  /** Left out for an upgrade or a first install. */
  readonly kind?: 'contract';
  readonly from: string;
  readonly to: string;
  readonly campaignTarget: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome: RunOutcome;
  /** The step the run is at, or ended at. */
  readonly step: string;
  /** What it went on in spite of, because somebody had accepted it. */
  readonly accepted?: readonly Acceptance[];
}
