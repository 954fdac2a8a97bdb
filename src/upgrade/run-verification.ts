import type { CheckObservation } from '../checks/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import { observeChecks } from './steps/run-checks.ts';

/** Runs every smoke check once, alone: nothing is compared with an earlier time, and nothing is changed. */
export async function runVerification(
  system: System,
  installation: Installation,
): Promise<readonly CheckObservation[]> {
  const observed = await observeChecks(installation);
  for (const { name, ok, evidence } of observed) system.log.emit({ type: 'check', name, ok, evidence });
  return observed;
}
