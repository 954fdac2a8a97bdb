import type { TimeWindow } from './time-window.ts';

/** How hard data migrations may press on what serves. A limit that is not set is not looked at. */
export interface Pacing {
  /** When batches may run; none: always. */
  readonly windows: readonly TimeWindow[];
  /** Rows that batches go through in a second, of all data migrations of a command together. */
  readonly rowsPerSecond?: number;
  readonly replicaLagMs: number;
  /** WAL that is kept for replication slots, or waits to be archived. */
  readonly walBacklogBytes: number;
  /** Transactions that are open for longer keep what the batches leave behind from being cleaned away. */
  readonly oldSnapshotMs: number;
  /** Data migrations at once, each on a table of its own. */
  readonly parallel: number;
}

export const DEFAULT_PACING: Pacing = {
  windows: [],
  replicaLagMs: 10_000,
  walBacklogBytes: 2 ** 30,
  oldSnapshotMs: 300_000,
  parallel: 1,
};
