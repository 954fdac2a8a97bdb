import { addOpenTime, type Pacing } from '../model/index.ts';

/** How long the rest is likely to take. */
export interface Forecast {
  /** Of batches, without waits for anything but the limit of rows a second. */
  readonly workMs: number;
  /** When they are through if they begin now and nothing but the windows holds them up, as ISO 8601; absent when that is a year away. */
  readonly endsAt?: string;
}

/** As many times the sample as there are rows, and no faster than the pacing allows. */
export function forecastWork(
  sample: { readonly rows: number; readonly ms: number },
  options: { readonly rowsLeft: number; readonly pacing: Pacing; readonly nowMs: number },
): Forecast {
  const { rowsLeft, pacing, nowMs } = options;
  const batchesMs = (rowsLeft * sample.ms) / Math.max(1, sample.rows);
  const pacedMs = pacing.rowsPerSecond === undefined ? 0 : (rowsLeft * 1_000) / pacing.rowsPerSecond;
  const workMs = Math.ceil(Math.max(batchesMs, pacedMs));
  const endsAt = addOpenTime(pacing.windows, nowMs, workMs);
  return { workMs, ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }) };
}
