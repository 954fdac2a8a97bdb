import { basename } from 'node:path';
import type { System } from '../../system/index.ts';
import { type Installation, withIdleDeployment } from '../../upgrade/index.ts';
import type { Container } from '../compose/project.ts';
import { createDockerCalls, type DockerCalls } from './docker-calls.ts';
import { changedSince } from './errors.ts';
import type { PreparedTraffic } from './prepare-traffic.ts';
import { requireRecord, type TrafficRecord } from './record.ts';
import type { TrafficDone } from './run-traffic.ts';
import { type Beside, createBeside, listSides, startBeside } from './start-beside.ts';
import type { TrafficContext } from './traffic-context.ts';
import { type MovedService, SWITCH_SERVICE, type TrafficPlan } from './traffic-plan.ts';
import { removeHalves } from './write-files.ts';

/**
 * Takes the step back, under the lease: the project's files are as before, byte by byte, the services hold the host's ports themselves again, and
 * the switch and its folder are gone. Throws `adopt.nothing-to-undo` and `adopt.changed-since`.
 */
export async function undoTraffic(
  system: System,
  installation: Installation,
  { prepared, say }: { readonly prepared: PreparedTraffic; readonly say: (what: string) => void },
): Promise<TrafficDone> {
  const { layout, project } = prepared;
  const record = await requireRecord(system, layout.record);
  const calls = createDockerCalls(system, project);
  const context: TrafficContext = { system, installation, calls, say };
  return withIdleDeployment(system, installation, {
    kind: 'adopt',
    work: async ({ lease }) => {
      await restoreEnvFile(system, record);
      say(`${basename(record.envFile)} is as before`);
      await lease.assertHeld();
      const gapMs = await giveBack(context, prepared);
      for (const path of record.made) await removeMade(system, path, layout.override);
      await removeHalves(system, record);
      await system.files.remove(layout.record);
      return gapMs === undefined ? {} : { gapMs };
    },
  });
}

async function restoreEnvFile({ files }: System, { envFile, before, after }: TrafficRecord): Promise<void> {
  const now = await files.readTextIfPresent(envFile);
  if (now === (before ?? undefined)) return;
  if (now !== after) throw changedSince(envFile);
  if (before === null) await files.remove(envFile);
  else await files.replace(envFile, Buffer.from(before));
}

/** An override that releases are written to by now stays: it says what runs. */
async function removeMade({ files }: System, path: string, override: string): Promise<void> {
  if (path === override && (await files.readTextIfPresent(path))?.trim() !== 'services: {}') return;
  await files.remove(path);
}

/**
 * The other way round: containers with the host's ports are made beside, and started the moment that the switch is gone. Those that an upgrade
 * has made leave their service's name to the switch: others that have it serve before that. Cut off anywhere, the same call goes on from what is
 * there.
 */
async function giveBack(context: TrafficContext, { plan, project }: PreparedTraffic): Promise<number | undefined> {
  const { calls, system, say } = context;
  const made: Beside[] = [];
  const before: string[] = [];
  for (const moved of plan.services) {
    const { holding, others } = await listSides(calls, moved);
    const leaving = moved.host === undefined ? others.filter((one) => isNameless(one, moved, project.name)) : others;
    if (leaving.length === 0) continue;
    const beside = moved.host === undefined ? others.filter((one) => !leaving.includes(one)) : holding;
    const created = await createBeside(calls, moved, { before: leaving, beside });
    if (moved.host === undefined) await startBeside(context, created);
    else made.push(created);
    before.push(...leaving.map(({ id }) => id));
  }
  const startedMs = system.clock.monotonicMs();
  await removeSwitch(calls, plan);
  await Promise.all(made.map((beside) => startBeside(context, beside)));
  const gapMs = system.clock.monotonicMs() - startedMs;
  if (before.length > 0) {
    await calls.docker('stop', ...before);
    await calls.docker('rm', '--force', ...before);
  }
  say('The switch is gone');
  return made.length > 0 ? gapMs : undefined;
}

/** Made by an upgrade, which names containers after their instances. What Compose has made and nobody started yet is not meant. */
function isNameless({ name, networks }: Container, { origin }: MovedService, project: string): boolean {
  const start = `${project}-${origin}-`;
  const isOfCompose = name.startsWith(start) && /^\d+$/.test(name.slice(start.length));
  return !isOfCompose && !networks.every(({ aliases }) => aliases.includes(origin));
}

/** What is on its way through it has as long as it had when the step was made. Nobody answers meanwhile on the ports of the host. */
async function removeSwitch(calls: DockerCalls, { graceMs }: TrafficPlan): Promise<void> {
  const switches = (await calls.list(SWITCH_SERVICE)).map(({ id }) => id);
  if (switches.length === 0) return;
  await calls.docker('stop', '--time', String(Math.ceil(graceMs / 1_000)), ...switches);
  await calls.docker('rm', ...switches);
}
