import { isInWindows, nextOpening } from '../../model/index.ts';
import type { Signal, ThrottleContext } from './signal.ts';

const LOOK_AGAIN_MS = 1_000;

/** The times of day at which the operator lets batches run. */
export function createWindowSignal({ clock, pacing }: ThrottleContext): Signal {
  let told: { readonly openingMs: number; readonly text: string } | undefined;
  return {
    name: 'the windows of onward.yaml',
    async observe() {
      const nowMs = clock.now().getTime();
      if (isInWindows(pacing.windows, nowMs)) return undefined;
      if (!told || told.openingMs <= nowMs) told = describeOpening(nextOpening(pacing.windows, nowMs));
      return { text: told.text, lookAgainMs: LOOK_AGAIN_MS };
    },
  };
}

function describeOpening(openingMs: number | undefined): { readonly openingMs: number; readonly text: string } {
  if (openingMs === undefined) return { openingMs: 0, text: 'a window of onward.yaml; none opens within two weeks' };
  const opening = new Date(openingMs).toISOString().slice(0, 16).replace('T', ' ');
  return { openingMs, text: `the next window of onward.yaml, at ${opening} UTC` };
}
