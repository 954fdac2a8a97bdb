import type { Clock } from '../../system/index.ts';

const MOST_PLACES = 1_000;
/** Of the time that it must be able to tell: so the places reach back fifty times as long, and the answer is right to a twentieth. */
const PART = 20;

/** Where the server's WAL ended at each moment of a look: so it can be told for how long a standby has not applied what was there. */
export interface LagHistory {
  note(end: bigint | undefined): void;
  /** For how long, at least, WAL behind this place has been there. */
  lagMs(place: bigint): number;
  /** Whether it reaches back less far than it must. */
  isShort(): boolean;
}

export function createLagHistory(
  clock: Pick<Clock, 'monotonicMs'>,
  { limitMs }: { readonly limitMs: number },
): LagHistory {
  const startedAt = clock.monotonicMs();
  const places: { readonly end: bigint; readonly at: number }[] = [];
  return {
    note(end) {
      const at = clock.monotonicMs();
      const last = places.at(-1);
      if (end === undefined || (last && (at - last.at < limitMs / PART || last.end === end))) return;
      places.push({ end, at });
      if (places.length > MOST_PLACES) places.shift();
    },
    lagMs(place) {
      const missed = places.find(({ end }) => end > place);
      return missed ? clock.monotonicMs() - missed.at : 0;
    },
    isShort: () => clock.monotonicMs() - startedAt < limitMs,
  };
}
