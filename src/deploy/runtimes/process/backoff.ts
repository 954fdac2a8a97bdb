const FIRST_MS = 200;
const LONGEST_MS = 10_000;
/** A process that stayed up for this long has worked; its next crash is a first one again. */
const WORKED_AFTER_MS = 30_000;

/** How many crashes in a row there are now that a process ended after `upMs`. */
export function countCrashes(before: number, upMs: number): number {
  return upMs >= WORKED_AFTER_MS ? 1 : before + 1;
}

/** How long to wait before the next start after so many crashes in a row: 0.2 s, doubling, at most 10 s. */
export function backoffMs(crashes: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(crashes - 1, 16));
}
