import { connect } from 'node:net';
import { join } from 'node:path';
import type { System } from '../../system/index.ts';
import type { Container } from '../compose/project.ts';
import type { DockerCalls } from './docker-calls.ts';
import { stepFailed } from './errors.ts';
import { tellSwitch } from './tell-switch.ts';
import type { TrafficContext } from './traffic-context.ts';
import { SWITCH_SERVICE, type TrafficPlan } from './traffic-plan.ts';
import { type Backend, writeBackends } from './write-files.ts';

const POLL_MS = 5;
const ANSWER_LIMIT_MS = 30_000;

export interface Sides {
  /** Containers that hold a port of the host that the switch is to get, or held it. */
  readonly old: readonly Container[];
  /** Whom the switch sends requests to. */
  readonly backends: readonly Backend[];
  /** Where they are, and the switch is to be. */
  readonly networks: readonly string[];
  /** A switch that has been started before was started with these servers. */
  readonly isTold: boolean;
}

/**
 * The switch is started before, in no network, and gets its networks the moment that the ports are free: with them come the ports of the host and
 * the names, both at once, when it listens already. If that fails, the containers of before serve again. Resolves to how long nobody answered.
 */
export async function handOver(context: TrafficContext, plan: TrafficPlan, sides: Sides): Promise<number | undefined> {
  const { calls, say, system } = context;
  const ids = sides.old.map(({ id }) => id);
  const gapMs = (await isInPlace(calls, plan, sides)) ? undefined : await changeHands(context, plan, sides);
  const servers = sides.backends.flatMap((backend) => backend.servers);
  await tellSwitch(
    system,
    socketOf(plan),
    servers.map((server) => `enable health ${server}`),
  );
  await writeBackends(system, sides.backends, 'later');
  say(ids.length === 0 ? 'The switch has their names' : 'The switch has their names, and the ports of the host');
  if (ids.length > 0) await calls.docker('rm', '--force', ...ids);
  return gapMs;
}

/** An attempt that was cut off may have come that far: a switch that serves is not started again. */
async function isInPlace(calls: DockerCalls, plan: TrafficPlan, { networks, isTold }: Sides): Promise<boolean> {
  const [made] = await calls.list(SWITCH_SERVICE);
  if (made?.state !== 'running' || made.image !== plan.image || !isTold) return false;
  const ports = made.published.map(({ hostPort }) => hostPort);
  return (
    networks.every((network) => made.networks.some(({ name }) => name === network)) &&
    plan.services.every(({ host }) => host === undefined || ports.includes(host.port))
  );
}

async function changeHands(
  context: TrafficContext,
  plan: TrafficPlan,
  { old, backends }: Sides,
): Promise<number | undefined> {
  const { calls, say, system } = context;
  await writeBackends(system, backends, 'atOnce');
  const made = await startOutside(
    context,
    plan,
    backends.flatMap(({ servers }) => servers),
  );
  const ids = old.map(({ id }) => id);
  if (old.some(({ state }) => state !== 'running'))
    say('The ports of the host have been away since an earlier attempt was cut off');
  const startedMs = system.clock.monotonicMs();
  try {
    if (ids.length > 0) await calls.docker('stop', '--time', String(Math.ceil(plan.graceMs / 1000)), ...ids);
    for (const { name, aliases } of made.networks) {
      const names = aliases.filter((alias) => !made.id.startsWith(alias));
      await calls.docker('network', 'connect', ...names.flatMap((alias) => ['--alias', alias]), name, made.id);
    }
    await waitForDoors(system, plan);
  } catch (error) {
    await calls.docker('rm', '--force', made.id).catch(() => {});
    if (ids.length > 0) await calls.docker('start', ...ids);
    throw error;
  }
  return ids.length > 0 ? system.clock.monotonicMs() - startedMs : undefined;
}

/** Runs, and reaches nobody yet: what it would see of its servers would be wrong, so it does not look. */
async function startOutside(
  { calls, system, say }: TrafficContext,
  plan: TrafficPlan,
  servers: readonly string[],
): Promise<Container> {
  // One of an attempt that was cut off has nobody's requests, and would take its grace period to end.
  const before = (await calls.list(SWITCH_SERVICE)).map(({ id }) => id);
  if (before.length > 0) await calls.docker('rm', '--force', ...before);
  await calls.compose('up', '--no-start', '--no-deps', '--no-build', SWITCH_SERVICE);
  const [made] = await calls.list(SWITCH_SERVICE);
  if (!made) throw stepFailed('make the switch', 'Compose has made no container of it');
  for (const { name } of made.networks) await calls.docker('network', 'disconnect', '--force', name, made.id);
  await calls.docker('start', made.id);
  await tellSwitch(
    system,
    socketOf(plan),
    servers.flatMap((server) => [`disable health ${server}`, `set server ${server} health up`]),
  );
  say('The switch runs, and nobody knows it yet');
  return made;
}

function socketOf({ folder }: TrafficPlan): string {
  return join(folder, 'run/admin.sock');
}

/** Until the switch takes connections on every port of the host that it has got. */
async function waitForDoors({ clock }: System, { services }: TrafficPlan): Promise<void> {
  const deadline = clock.monotonicMs() + ANSWER_LIMIT_MS;
  for (const { host } of services) {
    if (!host) continue;
    const ip = host.ip === undefined || host.ip === '0.0.0.0' ? '127.0.0.1' : host.ip;
    while (!(await canConnect(ip, host.port))) {
      if (clock.monotonicMs() > deadline) throw stepFailed('start the switch', `nobody answers on ${ip}:${host.port}`);
      await clock.sleep(POLL_MS);
    }
  }
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const finish = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
