import { basename } from 'node:path';
import type { System } from '../../system/index.ts';
import { type Installation, withIdleDeployment } from '../../upgrade/index.ts';
import { createDockerCalls, type DockerCalls } from './docker-calls.ts';
import { changedSince } from './errors.ts';
import type { PreparedTraffic } from './prepare-traffic.ts';
import { requireRecord, type TrafficRecord } from './record.ts';
import type { TrafficDone } from './run-traffic.ts';
import { type Beside, createBeside, listSides, startBeside } from './start-beside.ts';
import type { TrafficContext } from './traffic-context.ts';
import { SWITCH_SERVICE } from './traffic-plan.ts';
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
 * The other way round: containers with the host's ports are made beside, and started the moment that the switch is gone. Cut off anywhere, the
 * same call goes on from what is there.
 */
async function giveBack(context: TrafficContext, { plan }: PreparedTraffic): Promise<number | undefined> {
  const { calls, system, say } = context;
  const made: Beside[] = [];
  const before: string[] = [];
  for (const moved of plan.services) {
    const { holding, others } = await listSides(calls, moved);
    if (moved.host === undefined || others.length === 0) continue;
    made.push(await createBeside(calls, moved, { before: others, beside: holding }));
    before.push(...others.map(({ id }) => id));
  }
  const startedMs = system.clock.monotonicMs();
  await removeSwitch(calls);
  await Promise.all(made.map((beside) => startBeside(context, beside)));
  const gapMs = system.clock.monotonicMs() - startedMs;
  if (before.length > 0) {
    await calls.docker('stop', ...before);
    await calls.docker('rm', '--force', ...before);
  }
  say('The switch is gone');
  return made.length > 0 ? gapMs : undefined;
}

async function removeSwitch(calls: DockerCalls): Promise<void> {
  const switches = (await calls.list(SWITCH_SERVICE)).map(({ id }) => id);
  if (switches.length === 0) return;
  await calls.docker('stop', '--time', '10', ...switches);
  await calls.docker('rm', ...switches);
}
