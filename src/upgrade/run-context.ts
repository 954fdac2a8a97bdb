import type { PerformEffect } from '../deploy/index.ts';
import type { Digest, PlannedRoll, Release, Total } from '../model/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import type { Journal } from './journal.ts';
import type { Lease } from './lease.ts';
import type { Before, RunStart } from './run-state.ts';

/** What every step of a run has at hand. */
export interface RunContext {
  readonly system: System;
  readonly installation: Installation;
  readonly journal: Journal;
  readonly lease: Lease;
  readonly start: RunStart;
  /** The release that the run goes to, and the one it comes from. */
  readonly release: Release;
  readonly previous: Release | undefined;
  readonly releaseDigest: Digest;
  readonly before: Before;
  /** The totals that the run must keep. */
  readonly totals: readonly Total[];
  /** The rolls of this command: all of the run's, or the one of the service that was named. */
  readonly rolls: readonly PlannedRoll[];
  /** Aborted when the lease is lost or the operator asks to stop. */
  readonly signal: AbortSignal;
}

/**
 * The protocol of every effect: the lease is certain, the intent is durable, the effect is applied with the current epoch, the result
 * is durable. A crash in between leaves an intent without a result, and the next run looks at reality to see which it was.
 */
export function createPerformer(
  context: Pick<RunContext, 'system' | 'journal' | 'lease'>,
  step: string,
): PerformEffect {
  const { journal, lease, system } = context;
  return async (key, data, effect) => {
    await journal.append({ step, key, kind: 'intent', data });
    await lease.assertHeld();
    system.log.emit({ type: 'effect.started', run: journal.run, step, key });
    try {
      await effect(lease.epoch);
    } catch (error) {
      lease.signal.throwIfAborted();
      await journal.append({ step, key, kind: 'result', data: { ok: false, error: (error as Error).message } });
      throw error;
    }
    await journal.append({ step, key, kind: 'result', data: { ok: true } });
  };
}

/** Says what the run waits for, to everyone who watches it. */
export function emitWaiting(context: Pick<RunContext, 'system' | 'journal'>, step: string, what: string): void {
  context.system.log.emit({ type: 'waiting', run: context.journal.run, step, what });
}
