import type { System } from '../../system/index.ts';
import { type Installation, withIdleDeployment } from '../../upgrade/index.ts';
import type { Container } from '../compose/project.ts';
import { createDockerCalls, type DockerCalls } from './docker-calls.ts';
import { noSwitchImage } from './errors.ts';
import { handOver, type Sides } from './hand-over.ts';
import type { PreparedTraffic } from './prepare-traffic.ts';
import { writeRecord } from './record.ts';
import { createBeside, listSides, startBeside } from './start-beside.ts';
import type { TrafficContext } from './traffic-context.ts';
import type { TrafficPlan } from './traffic-plan.ts';
import {
  type Backend,
  isWritten,
  removeHalves,
  renderBackend,
  writeBackends,
  writeTrafficFiles,
} from './write-files.ts';

export interface TrafficDone {
  /** Longest time in which nobody answered on a port of the host; `undefined`: no port changed hands. */
  readonly gapMs?: number;
}

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
      await fetchImage(calls, plan.image);
      const record = await writeTrafficFiles(system, prepared);
      say('Files are written');
      await lease.assertHeld();
      const sides = await startNew(context, plan);
      await checkConfiguration(calls, plan);
      say('HAProxy accepts its configuration');
      await lease.assertHeld();
      const gapMs = await handOver(context, plan, sides);
      await removeHalves(system, record);
      await writeRecord(system, layout.record, { ...record, isDone: true });
      return gapMs === undefined ? {} : { gapMs };
    },
  });
}

/** Before anything changes: what cannot be fetched would be missing in the middle. */
async function fetchImage(calls: DockerCalls, image: string): Promise<void> {
  const isHeld = await calls.docker('image', 'inspect', '--format', '{{.Id}}', image).then(
    () => true,
    () => false,
  );
  if (isHeld) return;
  await calls.docker('pull', '--quiet', image).catch((error: Error) => {
    throw noSwitchImage(image, error.message);
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

/** Has a container without the host's port beside each one that holds it, or held it before an attempt that was cut off. */
async function startNew(context: TrafficContext, plan: TrafficPlan): Promise<Sides> {
  const { system, installation, calls, say } = context;
  const old: Container[] = [];
  const serving: Container[] = [];
  const backends: Backend[] = [];
  for (const moved of plan.services) {
    const { holding, others } = await listSides(calls, moved);
    let here: readonly Container[] = others.filter(({ state }) => state === 'running');
    if (holding.length > 0 && [...holding, ...here].some(({ state }) => state === 'running')) {
      old.push(...holding);
      here = await startBeside(context, await createBeside(calls, moved, { before: holding, beside: others }));
      say(`${moved.name}: ${here.length === 1 ? 'one more runs' : `${here.length} more run`}, without the host's port`);
    }
    serving.push(...here);
    const addresses = here.flatMap(({ networks }) => networks.map(({ address }) => address));
    const backend = await renderBackend(installation, { ...moved, addresses });
    if (backend) backends.push(backend);
  }
  const networks = [...new Set(serving.flatMap((one) => one.networks.map(({ name }) => name)))];
  const isTold = await isWritten(system, backends);
  if (!isTold) await writeBackends(system, backends, 'atOnce');
  return { old, backends, networks, isTold };
}
