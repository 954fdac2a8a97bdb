import { dirname, join } from 'node:path';
import { type Frontend, targetsOf } from '../../deploy/index.ts';
import type { System } from '../../system/index.ts';
import { type Installation, withIdleDeployment } from '../../upgrade/index.ts';
import { nothingRunsBehind } from './errors.ts';
import { isReadyMade } from './plan-traffic.ts';
import { SWITCH_FOLDER } from './switch-files.ts';

/** A service in Compose behind a HAProxy of the operator's own. */
export interface OwnService {
  readonly name: string;
  readonly backend: string;
  readonly file: string;
  readonly frontend: Frontend;
  /** Its backend has servers that get requests, as after this step, or after any upgrade. */
  readonly isServing: boolean;
}

/** Looks at the backends of services in Compose behind a HAProxy of the operator's own. Changes nothing. Throws `switch.haproxy-*`. */
export async function observeOwn({ deployment, switchOf }: Installation): Promise<readonly OwnService[]> {
  const folder = join(dirname(deployment.file), SWITCH_FOLDER);
  const own = deployment.services.flatMap((service) => {
    const { name, runtime, switch: config } = service;
    if (runtime.kind !== 'compose' || config.kind !== 'haproxy' || isReadyMade(config, folder)) return [];
    const { backend, file, mode, listen } = config;
    return [{ name, backend, file, frontend: { service: name, mode, ...(listen ? { listen } : {}) } }];
  });
  return Promise.all(
    own.map(async (service) => {
      const problem = await switchOf(service.name).check(service.frontend);
      if (problem) throw problem;
      const found = await switchOf(service.name).observe(service.name);
      return { ...service, isServing: found?.targets.some(({ state }) => state === 'active') ?? false };
    }),
  );
}

/**
 * Gives the backends what runs now, under the lease: requests that the operator's frontends send there from now on are answered. Nothing is sent
 * there by this. Cut off anywhere, the same call goes on. Throws `adopt.traffic-failed` where nothing runs, and `switch.haproxy-*`.
 */
export async function fillOwn(
  system: System,
  installation: Installation,
  { services, say }: { readonly services: readonly OwnService[]; readonly say: (what: string) => void },
): Promise<void> {
  await withIdleDeployment(system, installation, {
    kind: 'adopt',
    work: async ({ lease }) => {
      for (const { name, backend, frontend } of services.filter(({ isServing }) => !isServing)) {
        await lease.assertHeld();
        const running = (await installation.runtimeOf(name).list(name)).filter(({ state }) => state === 'running');
        const targets = targetsOf(running, 'active');
        if (targets.length === 0) throw nothingRunsBehind(name, backend);
        const own = installation.switchOf(name);
        await own.open(frontend, lease.epoch);
        await own.change(name, { targets, isHeld: false }, lease.epoch);
        say(
          `Backend ${backend} has ${targets.length === 1 ? 'the instance' : `the ${targets.length} instances`} of ${name}`,
        );
      }
    },
  });
}

/** What the step does, shown before anybody is asked. */
export function describeOwn(services: readonly OwnService[]): string {
  return [
    'Prepares your own HAProxy:',
    ...services.map(
      ({ name, backend, file }, index) =>
        `  ${index + 1}  writes backend ${backend} to ${file}, and gives it what runs of ${name} now`,
    ),
    'A HAProxy that does not have such a backend yet is reloaded. Nothing is interrupted, and nothing is sent there: that begins when you change the',
    'lines of its frontends and reload it. To take it back, change them back: a backend that nobody asks does nothing.',
  ].join('\n');
}
