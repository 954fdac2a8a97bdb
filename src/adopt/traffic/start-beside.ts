import { probeInstance } from '../../deploy/index.ts';
import type { Service } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import type { Container } from '../compose/project.ts';
import type { DockerCalls } from './docker-calls.ts';
import { stepFailed } from './errors.ts';

const POLL_MS = 20;

/** Has Compose make as many containers of a service as run, beside them, as its files say now. They are not started. */
export async function createBeside(calls: DockerCalls, origin: string): Promise<readonly Container[]> {
  const before = await calls.list(origin);
  const running = before.filter(({ state }) => state === 'running').length;
  await calls.compose(
    ...['up', '--no-start', '--no-deps', '--no-recreate', '--no-build', '--pull', 'never'],
    ...['--scale', `${origin}=${before.length + Math.max(1, running)}`, origin],
  );
  const known = new Set(before.map(({ id }) => id));
  return (await calls.list(origin)).filter(({ id }) => !known.has(id));
}

/**
 * Starts a container that nobody asks by the service's name until it is ready: a name that leads to something that still starts would fail
 * requests of other services.
 */
export async function startUnnamed(
  context: { readonly system: System; readonly installation: Installation; readonly calls: DockerCalls },
  { service, container }: { readonly service: Service; readonly container: Container },
): Promise<void> {
  const { calls } = context;
  const { id, networks } = container;
  for (const { name } of networks) await reconnect(calls, { network: name, id, aliases: [] });
  await calls.docker('start', id);
  await waitUntilReady(context, service, id);
  for (const { name, aliases } of networks) {
    await reconnect(calls, { network: name, id, aliases: aliases.filter((alias) => !id.startsWith(alias)) });
  }
  await waitUntilReady(context, service, id);
}

async function reconnect(
  calls: DockerCalls,
  { network, id, aliases }: { readonly network: string; readonly id: string; readonly aliases: readonly string[] },
): Promise<void> {
  await calls.docker('network', 'disconnect', '--force', network, id);
  await calls.docker('network', 'connect', ...aliases.flatMap((alias) => ['--alias', alias]), network, id);
}

/** Asks it as an upgrade does, for as long as onward.yaml allows. */
export async function waitUntilReady(
  { system, installation, calls }: Parameters<typeof startUnnamed>[0],
  service: Service,
  id: string,
): Promise<void> {
  const deadline = system.clock.monotonicMs() + service.readyTimeoutMs;
  for (;;) {
    const address = await addressOf(calls, id);
    const instances = await installation.runtimeOf(service.name).list(service.name);
    const instance = instances.find((one) => one.address?.host === address);
    const probe = service.ready ?? { kind: 'tcp' as const };
    const result = instance && (await probeInstance(system, instance, probe));
    if (result?.isReady) return;
    if (system.clock.monotonicMs() > deadline) {
      throw stepFailed(`start ${service.name} anew`, result?.evidence ?? 'its container does not run');
    }
    await system.clock.sleep(POLL_MS);
  }
}

async function addressOf(calls: DockerCalls, id: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  return (await calls.docker('container', 'inspect', '--format', format, id)).split(' ')[0] ?? '';
}
