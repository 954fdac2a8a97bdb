import { DEFAULT_PACING, type Pacing, parseBytes, parseTimeWindow } from '../model/index.ts';
import { milliseconds } from './durations.ts';
import type { RawPacing } from './schema.ts';

/** The pacing of data migrations with its defaults filled in; the schema has accepted every value. */
export function buildPacing(raw: RawPacing = {}): Pacing {
  const windows = (raw.windows ?? []).map(parseTimeWindow).flatMap((window) => ('problem' in window ? [] : [window]));
  return {
    windows,
    ...(raw.rowsPerSecond === undefined ? {} : { rowsPerSecond: raw.rowsPerSecond }),
    replicaLagMs: milliseconds(raw.replicaLag, DEFAULT_PACING.replicaLagMs),
    walBacklogBytes: parseBytes(raw.walBacklog ?? '') ?? DEFAULT_PACING.walBacklogBytes,
    oldSnapshotMs: milliseconds(raw.oldSnapshot, DEFAULT_PACING.oldSnapshotMs),
    parallel: raw.parallel ?? DEFAULT_PACING.parallel,
  };
}
