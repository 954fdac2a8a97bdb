import { probeInstance } from '../../deploy/index.ts';
import type { Service } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import type { Container } from '../compose/project.ts';
import type { DockerCalls } from './docker-calls.ts';
import { stepFailed } from './errors.ts';
import type { MovedService } from './traffic-plan.ts';

const POLL_MS = 20;

interface Context {
  readonly system: System;
  readonly installation: Installation;
  readonly calls: DockerCalls;
}

/** The containers of a service: those that were made to hold its port of the host, and the others; in whatever state. */
export async function listSides(
  calls: DockerCalls,
  { origin, host }: MovedService,
): Promise<{ readonly holding: readonly Container[]; readonly others: readonly Container[] }> {
  const all = await calls.list(origin);
  const isHolding = ({ hostPorts }: Container) => host !== undefined && hostPorts.includes(host.port);
  return { holding: all.filter(isHolding), others: all.filter((one) => !isHolding(one)) };
}

/** Containers of a service beside those of before. */
export interface Beside {
  readonly moved: MovedService;
  /** Those that an attempt before has started, and that are known by the service's names. */
  readonly whole: readonly Container[];
  /** Not started yet. */
  readonly created: readonly Container[];
}

/**
 * Has as many containers of a service beside those of before as run of those, as its files say now. What an attempt that was cut off has left
 * half made is made anew.
 */
export async function createBeside(
  calls: DockerCalls,
  moved: MovedService,
  { before, beside }: { readonly before: readonly Container[]; readonly beside: readonly Container[] },
): Promise<Beside> {
  const isWhole = (one: Container) => one.state === 'running' && isNamed(one, moved, before);
  const half = beside.filter((one) => !isWhole(one));
  if (half.length > 0) await calls.docker('rm', '--force', ...half.map(({ id }) => id));
  const whole = beside.filter(isWhole);
  const missing = Math.max(1, before.filter(({ state }) => state === 'running').length) - whole.length;
  return { moved, whole, created: missing > 0 ? await createMore(calls, moved.origin, missing) : [] };
}

/** Starts what is not started, and waits until all are ready. Gives them as they are then. */
export async function startBeside(context: Context, { moved, whole, created }: Beside): Promise<readonly Container[]> {
  await Promise.all(created.map((container) => startUnnamed(context, moved, container)));
  const ids = [...whole, ...created].map(({ id }) => id);
  for (const id of ids) await waitUntilReady(context, moved.name, id);
  return (await context.calls.list(moved.origin)).filter(({ id }) => ids.includes(id));
}

/** It answers to the service's name in every network in which those of before do. */
function isNamed({ networks }: Container, { origin }: MovedService, before: readonly Container[]): boolean {
  const wanted = before.flatMap((one) => one.networks.map(({ name }) => name));
  return wanted.every((name) => networks.find((one) => one.name === name)?.aliases.includes(origin) === true);
}

/** Has Compose make more containers of a service. They are not started. */
async function createMore(calls: DockerCalls, origin: string, more: number): Promise<readonly Container[]> {
  const before = await calls.list(origin);
  await calls.compose(
    ...['up', '--no-start', '--no-deps', '--no-recreate', '--no-build', '--pull', 'never'],
    ...['--scale', `${origin}=${before.length + more}`, origin],
  );
  const known = new Set(before.map(({ id }) => id));
  return (await calls.list(origin)).filter(({ id }) => !known.has(id));
}

/**
 * Starts a container that nobody asks by the service's name until it is ready: a name that leads to something that still starts would fail
 * requests of other services.
 */
async function startUnnamed(
  context: Context,
  { name: service }: MovedService,
  { id, networks }: Container,
): Promise<void> {
  const { calls } = context;
  for (const { name } of networks) await reconnect(calls, { network: name, id, aliases: [] });
  await calls.docker('start', id);
  await waitUntilReady(context, service, id);
  for (const { name, aliases } of networks) {
    await reconnect(calls, { network: name, id, aliases: aliases.filter((alias) => !id.startsWith(alias)) });
  }
}

async function reconnect(
  calls: DockerCalls,
  { network, id, aliases }: { readonly network: string; readonly id: string; readonly aliases: readonly string[] },
): Promise<void> {
  await calls.docker('network', 'disconnect', '--force', network, id);
  await calls.docker('network', 'connect', ...aliases.flatMap((alias) => ['--alias', alias]), network, id);
}

/** Asks it as an upgrade does, for as long as onward.yaml allows. */
async function waitUntilReady({ system, installation, calls }: Context, name: string, id: string): Promise<void> {
  const service = requireService(installation, name);
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

function requireService({ deployment }: Installation, name: string): Service {
  const service = deployment.services.find((one) => one.name === name);
  if (!service) throw new Error(`There is no service ${name}`);
  return service;
}

async function addressOf(calls: DockerCalls, id: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  return (await calls.docker('container', 'inspect', '--format', format, id)).split(' ')[0] ?? '';
}
