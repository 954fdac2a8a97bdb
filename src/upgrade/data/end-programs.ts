import type { Installation } from '../installation.ts';

/** Ends the programs of services that carry data migrations out for a run which is not there any more. Only under the lease. */
export async function endPrograms({ deployment, runtime }: Installation, epoch: number): Promise<void> {
  for (const { name } of deployment.services) await runtime.endCommands(name, epoch);
}
