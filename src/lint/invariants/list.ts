import { appendOnly } from './append-only.ts';
import { expectedObjects } from './expected-objects.ts';
import { immutableRows } from './immutable-rows.ts';
import type { InvariantKind } from './invariant.ts';
import { migrationRuns } from './migration-runs.ts';
import { partitionWindow } from './partition-window.ts';
import { tenantIsolation } from './tenant-isolation.ts';

/** Every kind of invariant, in the order in which they are looked at. */
export const INVARIANT_KINDS: readonly InvariantKind[] = [
  expectedObjects,
  appendOnly,
  immutableRows,
  tenantIsolation,
  partitionWindow,
  migrationRuns,
];
