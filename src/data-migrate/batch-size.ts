/** The largest batch, however fast rows go: what it holds locked must stay small. */
const LARGEST_ROWS = 50_000;
const GROWTH = 1.5;
/** While a batch takes less than this part of its target, the next one may be as many times as large. */
const FAR = 4;

/** Rows of the next batch, from how long one of `rows` took: towards the target, fast from far away and slowly near it. */
export function chooseNextRows(rows: number, took: { readonly ms: number; readonly targetMs: number }): number {
  const wanted = Math.floor((rows * took.targetMs) / Math.max(1, took.ms));
  const growth = took.ms * FAR <= took.targetMs ? FAR : GROWTH;
  const most = Math.min(LARGEST_ROWS, Math.ceil(rows * growth));
  return Math.max(1, Math.min(wanted, most));
}

/** Rows of the next attempt after one that was rolled back. */
export function halveRows(rows: number): number {
  return Math.max(1, Math.floor(rows / 2));
}
