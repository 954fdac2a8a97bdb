import type { Installation } from '../installation.ts';

/** Ends the programs of services that carry data migrations out for a run which is not there any more. Only under the lease. */
export async function endPrograms({ deployment, runtime }: Installation, epoch: number): Promise<void> {
  for (const { name } of deployment.services) await runtime.endCommands(name, epoch);
}

/** Ends those whose Onward was killed on this machine. Before the lease: a batch of theirs may hold what the lease has to change. */
export async function endAbandonedPrograms({ deployment, runtime }: Installation): Promise<void> {
  for (const { name } of deployment.services) await runtime.endAbandonedCommands(name);
}
