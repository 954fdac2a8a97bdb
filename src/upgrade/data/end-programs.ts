import type { Installation } from '../installation.ts';

/** Ends the programs of services that carry data migrations out for a run which is not there any more. Only under the lease. */
export async function endPrograms({ deployment, runtimeOf }: Installation, epoch: number): Promise<void> {
  for (const { name } of deployment.services) await runtimeOf(name).endCommands(name, epoch);
}

/** Ends those whose Onward was killed on this machine. Before the lease: a batch of theirs may hold what the lease has to change. */
export async function endAbandonedPrograms({ deployment, runtimeOf }: Installation): Promise<void> {
  for (const { name } of deployment.services) await runtimeOf(name).endAbandonedCommands(name);
}
