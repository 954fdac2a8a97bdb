import { createArchiveSignal } from './archive.ts';
import { createOldSnapshotSignal } from './old-snapshots.ts';
import { createRateSignal } from './rate.ts';
import { createReplicaLagSignal } from './replica-lag.ts';
import type { CreateSignal } from './signal.ts';
import { createSlotSignal } from './slots.ts';
import { createVacuumSignal } from './vacuum.ts';
import { createVendorQuerySignal } from './vendor-query.ts';
import { createWindowSignal } from './windows.ts';

/** What can hold batches up, in the order of looking: what asks the server nothing comes first. */
export const SIGNALS: readonly CreateSignal[] = [
  createWindowSignal,
  createRateSignal,
  createOldSnapshotSignal,
  createVacuumSignal,
  createReplicaLagSignal,
  createSlotSignal,
  createArchiveSignal,
  createVendorQuerySignal,
];
