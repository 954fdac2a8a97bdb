import type { OnwardError } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { noPullRoom, type Pull, pullFailed, pullRefused, registrySilent, unknownImage } from './pull-errors.ts';

/** How long a pull may take. */
export interface PullLimits {
  /** Until the registry has answered at all. */
  readonly answerMs: number;
  /** Added to `answerMs` for all of it: the slowest rate that is waited for. */
  readonly bytesPerSecond: number;
  /** A registry that fails, rather than refuses, is asked again. */
  readonly attempts: number;
  readonly pauseMs: number;
}

export const PULL_LIMITS: PullLimits = {
  answerMs: 60_000,
  bytesPerSecond: 256 * 1024,
  attempts: 3,
  pauseMs: 2_000,
};

/** How one attempt ended; `silent`: the registry never answered. */
export type PullEnd = 'pulled' | 'silent' | { readonly said: string };

/** Compressed layers as they are fetched, beside what becomes of them. */
const UNPACKED = 2.5;

/** What an engine needs on its disk for an image of so many bytes in its registry. */
export function roomForImage(bytes: number): number {
  return Math.ceil(bytes * UNPACKED);
}

/** All of a pull, from the first byte that is asked for. */
export function pullLimitMs(bytes: number, { answerMs, bytesPerSecond }: PullLimits): number {
  return answerMs + Math.ceil((bytes / bytesPerSecond) * 1000);
}

/**
 * Attempts a pull until it succeeds, or until it is clear that it will not. Throws `runtime.pull-refused`, `runtime.unknown-image`,
 * `runtime.no-image-room`, `runtime.registry-silent` and `runtime.pull-failed`; what was fetched by then stays with the engine, which goes on
 * from there the next time.
 */
export async function pullPatiently(
  system: System,
  pull: Pull,
  options: { readonly limits: PullLimits; readonly once: () => Promise<PullEnd> },
): Promise<void> {
  const { limits, once } = options;
  for (let attempt = 1; ; attempt += 1) {
    const end = await once();
    if (end === 'pulled') return;
    const error = explain(pull, end, limits);
    const isFinal = error.code !== 'runtime.pull-failed';
    if (isFinal || attempt >= limits.attempts) throw error;
    system.log.emit({ type: 'image.pull-retried', image: pull.reference, attempt, why: error.message });
    await system.clock.sleep(limits.pauseMs * attempt);
  }
}

function explain(pull: Pull, end: Exclude<PullEnd, 'pulled'>, limits: PullLimits): OnwardError {
  if (end === 'silent') return registrySilent(pull, limits.answerMs);
  const { said } = end;
  if (/no space left on device/i.test(said)) return noPullRoom(pull);
  if (/denied|forbidden|\b403\b|unauthorized|\b401\b|authentication required|no basic auth/i.test(said))
    return pullRefused(pull, said);
  if (/not found|manifest unknown|\b404\b|does not exist/i.test(said)) return unknownImage(pull, said);
  return pullFailed(pull, said);
}
