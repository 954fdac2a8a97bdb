import { connect } from 'node:net';
import { join } from 'node:path';
import type { Service } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { type Installation, withIdleDeployment } from '../../upgrade/index.ts';
import type { Container } from '../compose/project.ts';
import { createDockerCalls, type DockerCalls } from './docker-calls.ts';
import { stepFailed } from './errors.ts';
import type { PreparedTraffic } from './prepare-traffic.ts';
import { writeRecord } from './record.ts';
import { createBeside, startUnnamed } from './start-beside.ts';
import { tellSwitch } from './tell-switch.ts';
import { type MovedService, SWITCH_SERVICE, type TrafficPlan } from './traffic-plan.ts';
import { writeBackend, writeTrafficFiles } from './write-files.ts';

export interface TrafficDone {
  /** Longest time in which nobody answered on a port of the host; `undefined`: no port changed hands. */
  readonly gapMs?: number;
}

export interface TrafficContext {
  readonly system: System;
  readonly installation: Installation;
  readonly calls: DockerCalls;
  readonly say: (what: string) => void;
}

const POLL_MS = 5;
const ANSWER_LIMIT_MS = 30_000;

/** Carries the step out, under the lease. Cut off anywhere, the same call goes on from what is there. */
export async function runTraffic(
  system: System,
  installation: Installation,
  { prepared, say }: { readonly prepared: PreparedTraffic; readonly say: (what: string) => void },
): Promise<TrafficDone> {
  const { project, plan, layout } = prepared;
  const calls = createDockerCalls(system, project);
  const context: TrafficContext = { system, installation, calls, say };
  return withIdleDeployment(system, installation, {
    kind: 'adopt',
    work: async ({ lease }) => {
      const record = await writeTrafficFiles(system, prepared);
      say('Files are written');
      await lease.assertHeld();
      const sides = await startNew(context, plan);
      await checkConfiguration(calls, plan);
      say('HAProxy accepts its configuration');
      await lease.assertHeld();
      const gapMs = await handOver(context, plan, sides);
      await writeRecord(system, layout.record, { ...record, isDone: true });
      return gapMs === undefined ? {} : { gapMs };
    },
  });
}

/** A switch that does not start must be found before anything is stopped for it. */
async function checkConfiguration(calls: DockerCalls, plan: TrafficPlan): Promise<void> {
  const { folder, image, user } = plan;
  const mounts = ['--mount', `type=bind,source=${folder},target=/etc/onward,readonly`];
  const files = ['-f', '/etc/onward/haproxy.cfg', '-f', '/etc/onward/backends'];
  await calls.docker(
    'run',
    '--rm',
    '--network',
    'none',
    '--user',
    user,
    ...mounts,
    image,
    'haproxy',
    '-c',
    '-q',
    ...files,
  );
}

interface Sides {
  /** Containers that hold a port of the host that the switch is to get. */
  readonly old: readonly Container[];
  /** Whom the switch sends requests to, as its runtime API names them. */
  readonly servers: readonly string[];
}

/** Has a container without the host's port beside each one that holds it. */
async function startNew(context: TrafficContext, plan: TrafficPlan): Promise<Sides> {
  const { system, installation, calls, say } = context;
  const old: Container[] = [];
  const servers: string[] = [];
  for (const moved of plan.services) {
    const service = requireService(installation, moved.name);
    const running = (await calls.list(moved.origin)).filter(({ state }) => state === 'running');
    const holding = moved.host ? running.filter((one) => holds(one, moved)) : [];
    old.push(...holding);
    let serving = running.filter((one) => !holding.includes(one));
    if (holding.length > 0 && serving.length < holding.length) {
      const created = await createBeside(calls, moved.origin);
      for (const container of created) await startUnnamed(context, { service, container });
      const ids = created.map(({ id }) => id);
      serving = (await calls.list(moved.origin)).filter(({ id }) => ids.includes(id));
      say(
        `${moved.name}: ${serving.length === 1 ? 'one more runs' : `${serving.length} more run`}, without the host's port`,
      );
    }
    const addresses = serving.flatMap(({ networks }) => networks.map(({ address }) => address));
    servers.push(...(await writeBackend(system, installation, { ...moved, addresses })));
  }
  return { old, servers };
}

function holds({ published }: Container, { host }: MovedService): boolean {
  return published.some(({ hostPort }) => hostPort === host?.port);
}

/**
 * The switch is started before, in no network, and gets its networks the moment that the ports are free: with them come the ports of the host and
 * the names, both at once, when it listens already. If that fails, the containers of before serve again.
 */
async function handOver(
  context: TrafficContext,
  plan: TrafficPlan,
  { old, servers }: Sides,
): Promise<number | undefined> {
  const { calls, say, system } = context;
  const ids = old.map(({ id }) => id);
  const made = await startOutside(context, plan, servers);
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
  const gapMs = system.clock.monotonicMs() - startedMs;
  await tellSwitch(
    system,
    socketOf(plan),
    servers.map((server) => `enable health ${server}`),
  );
  say(ids.length === 0 ? 'The switch has their names' : 'The switch has their names, and the ports of the host');
  if (ids.length > 0) await calls.docker('rm', ...ids);
  return ids.length > 0 ? gapMs : undefined;
}

/** Runs, and reaches nobody yet: what it would see of its servers would be wrong, so it does not look. */
async function startOutside(
  { calls, system, say }: TrafficContext,
  plan: TrafficPlan,
  servers: readonly string[],
): Promise<Container> {
  await calls.compose('up', '--no-start', '--no-deps', '--no-build', '--force-recreate', SWITCH_SERVICE);
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

export function requireService({ deployment }: Installation, name: string): Service {
  const service = deployment.services.find((one) => one.name === name);
  if (!service) throw new Error(`There is no service ${name}`);
  return service;
}
