import { hasProcess } from '../deploy/index.ts';
import type { System } from '../system/index.ts';
import { endAbandonedPrograms, endPrograms } from './data/end-programs.ts';
import type { Installation } from './installation.ts';
import { acquireLease } from './lease.ts';
import { prepareLedgers } from './prepare-ledgers.ts';
import { createRunId } from './run-id.ts';

/**
 * Stops every service and closes the switch's frontends. Databases, releases and the state directory stay as they are, so
 * `onward upgrade --version <current>` brings everything up again.
 */
export async function takeDown(system: System, installation: Installation): Promise<readonly string[]> {
  const { deployment, runtime, control, databases } = installation;
  await prepareLedgers(system, installation);
  await endAbandonedPrograms(installation);
  const lease = await acquireLease(system, { deployment, control, databases, run: `down-${createRunId(system)}` });
  const stopped: string[] = [];
  try {
    await installation.fence.raise(lease.epoch);
    await endPrograms(installation, lease.epoch);
    for (const service of deployment.services) {
      await lease.assertHeld();
      if (service.switch.kind !== 'none') await installation.switch.close(service.name, lease.epoch);
      for (const instance of (await runtime.list(service.name)).filter(hasProcess)) {
        await runtime.stop(instance.id, lease.epoch);
        stopped.push(instance.id);
      }
    }
  } finally {
    await lease.release().catch(() => {});
  }
  return stopped;
}
