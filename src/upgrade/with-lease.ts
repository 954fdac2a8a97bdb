import { join } from 'node:path';
import type { System } from '../system/index.ts';
import { endAbandonedPrograms, endPrograms } from './data/end-programs.ts';
import { assertNoRunElsewhere, describeUnfinished, findUnfinishedRun } from './find-run.ts';
import { runUnfinished } from './idle-errors.ts';
import type { Installation } from './installation.ts';
import { acquireLease, type Lease } from './lease.ts';
import { prepareLedgers } from './prepare-ledgers.ts';
import { createRunId } from './run-id.ts';

/**
 * Does work as the only one who may change the deployment: whatever an Onward that was killed has left running is ended, and every target
 * knows the epoch, before it begins. Whatever happens, the lease is given back. Throws what `acquireLease` and the work throw.
 */
export async function withLease<T>(
  system: System,
  installation: Installation,
  { run, work }: { readonly run: string; readonly work: (lease: Lease) => Promise<T> },
): Promise<T> {
  const { deployment, control, databases, fence } = installation;
  await prepareLedgers(system, installation);
  await endAbandonedPrograms(installation);
  const lease = await acquireLease(system, { deployment, control, databases, run });
  try {
    await fence.raise(lease.epoch);
    await endPrograms(installation, lease.epoch);
    // What cannot be removed is no reason not to go on.
    await removeHalves(system, deployment.stateDirectory).catch(() => {});
    return await work(lease);
  } finally {
    await lease.release().catch(() => {});
  }
}

/** What was being written when its writer was killed; it may hold secrets. Staged artifacts see to theirs, and hold none. */
async function removeHalves({ files }: System, stateDirectory: string): Promise<void> {
  const names = await files.names(stateDirectory);
  for (const name of names.filter((each) => each !== 'artifacts'))
    await files.removeAbandoned(join(stateDirectory, name));
}

/**
 * Does work beside the runs: as `withLease`, and only while no run, here or elsewhere, is unfinished. The run's name begins with `kind`. Throws
 * `upgrade.run-elsewhere` and `upgrade.run-unfinished`.
 */
export async function withIdleDeployment<T>(
  system: System,
  installation: Installation,
  {
    kind,
    work,
  }: { readonly kind: string; readonly work: (held: { readonly run: string; readonly lease: Lease }) => Promise<T> },
): Promise<T> {
  await assertNoRunElsewhere(system, installation);
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (unfinished) throw runUnfinished(describeUnfinished(unfinished));
  const run = `${kind}-${createRunId(system)}`;
  return withLease(system, installation, { run, work: (lease) => work({ run, lease }) });
}
