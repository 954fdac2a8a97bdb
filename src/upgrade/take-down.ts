import { hasProcess } from '../deploy/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import type { Lease } from './lease.ts';
import { createRunId } from './run-id.ts';
import { withLease } from './with-lease.ts';

/**
 * Stops every service and closes the switch's frontends. Databases, releases and the state directory stay as they are, so
 * `onward upgrade --version <current>` brings everything up again.
 */
export async function takeDown(system: System, installation: Installation): Promise<readonly string[]> {
  const { deployment } = installation;
  const stopped: string[] = [];
  const work = async (lease: Lease): Promise<void> => {
    for (const service of deployment.services) {
      await lease.assertHeld();
      const runtime = installation.runtimeOf(service.name);
      if (service.switch.kind !== 'none') await installation.switchOf(service.name).close(service.name, lease.epoch);
      for (const instance of (await runtime.list(service.name)).filter(hasProcess)) {
        await runtime.stop(instance.id, lease.epoch);
        stopped.push(instance.id);
      }
    }
  };
  await withLease(system, installation, { run: `down-${createRunId(system)}`, work });
  return stopped;
}
