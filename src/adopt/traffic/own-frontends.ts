import { dirname, join } from 'node:path';
import { type Frontend, targetsOf } from '../../deploy/index.ts';
import type { Service } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { type Installation, withIdleDeployment } from '../../upgrade/index.ts';
import { nothingRunsBehind } from './errors.ts';
import { isReadyMade } from './plan-traffic.ts';
import { SWITCH_FOLDER } from './switch-files.ts';

/** A service whose switch is a HAProxy of the operator's own, or, on hosts, the one that Onward brings along. */
export interface OwnFrontend {
  readonly name: string;
  /** Of a HAProxy: its backend, and the file that it stands in. */
  readonly haproxy?: { readonly backend: string; readonly file: string };
  readonly frontend: Frontend;
  readonly runtime: Service['runtime']['kind'];
  /** It has instances that get requests, as after this step, or after any upgrade. */
  readonly isServing: boolean;
}

/** Looks at the switches that are there beside the ready-made one. Changes nothing. Throws `switch.*`. */
export async function observeOwn({ deployment, switchOf }: Installation): Promise<readonly OwnFrontend[]> {
  const folder = join(dirname(deployment.file), SWITCH_FOLDER);
  return Promise.all(
    deployment.services
      .filter((service) => isOwn(service, folder))
      .map(async ({ name, runtime, switch: config }) => {
        if (config.kind === 'none') throw new Error(`${name} has no switch`);
        const { mode, listen } = config;
        const frontend = { service: name, mode, ...(listen ? { listen } : {}) };
        const problem = await switchOf(name).check(frontend);
        if (problem) throw problem;
        const found = await switchOf(name).observe(name);
        return {
          ...{ name, frontend, runtime: runtime.kind },
          ...(config.kind === 'haproxy' ? { haproxy: { backend: config.backend, file: config.file } } : {}),
          isServing: found?.targets.some(({ state }) => state === 'active') ?? false,
        };
      }),
  );
}

/** Processes are what Onward has started itself. */
function isOwn({ runtime, switch: config }: Service, folder: string): boolean {
  if (config.kind === 'haproxy') return runtime.kind !== 'process' && !isReadyMade(config, folder);
  return config.kind === 'builtin' && runtime.kind === 'ssh';
}

/**
 * Gives the switches what runs now, under the lease: requests that are led there from now on are answered. Nothing is led there by this. Cut off
 * anywhere, the same call goes on. Throws `adopt.nothing-behind` where nothing runs, and `switch.*`.
 */
export async function fillOwn(
  system: System,
  installation: Installation,
  { services, say }: { readonly services: readonly OwnFrontend[]; readonly say: (what: string) => void },
): Promise<void> {
  await withIdleDeployment(system, installation, {
    kind: 'adopt',
    work: async ({ lease }) => {
      for (const service of services.filter(({ isServing }) => !isServing)) {
        const { name, frontend } = service;
        await lease.assertHeld();
        const running = (await installation.runtimeOf(name).list(name)).filter(({ state }) => state === 'running');
        const targets = targetsOf(running, 'active');
        if (targets.length === 0) throw nothingRunsBehind(service);
        const own = installation.switchOf(name);
        await own.open(frontend, lease.epoch);
        await own.change(name, { targets, isHeld: false }, lease.epoch);
        say(
          `${nameFrontend(service)} has ${targets.length === 1 ? 'the instance' : `the ${targets.length} instances`} of ${name}`,
        );
      }
    },
  });
}

/** As in `Backend onward-api`. */
export function nameFrontend({ haproxy, frontend: { listen } }: OwnFrontend): string {
  return haproxy ? `Backend ${haproxy.backend}` : `The switch at ${listen?.host}:${listen?.port}`;
}

/** What the step does, shown before anybody is asked. */
export function describeOwn(services: readonly OwnFrontend[]): string {
  const steps = services.map(({ name, haproxy, frontend: { listen } }) =>
    haproxy
      ? `writes backend ${haproxy.backend} to ${haproxy.file}, and gives it what runs of ${name} now`
      : `listens on ${listen?.host}:${listen?.port}, and sends what comes there to what runs of ${name} now`,
  );
  const hasHaproxy = services.some(({ haproxy }) => haproxy);
  const hasBuiltin = services.some(({ haproxy }) => !haproxy);
  return [
    `Prepares ${[...(hasHaproxy ? ['your own HAProxy'] : []), ...(hasBuiltin ? ['the switch'] : [])].join(' and ')}:`,
    ...steps.map((step, index) => `  ${index + 1}  ${step}`),
    ...(hasHaproxy
      ? [
          'A HAProxy that does not have such a backend yet is reloaded. Nothing is interrupted, and nothing is sent there: that begins when you change the',
          'lines of its frontends and reload it. To take it back, change them back: a backend that nobody asks does nothing.',
        ]
      : []),
    ...(hasBuiltin
      ? [
          'Nobody is led to the switch by this, and nothing is interrupted. Lead those there who ask the instances themselves before you upgrade: an',
          'upgrade stops the instances of before.',
        ]
      : []),
  ].join('\n');
}
