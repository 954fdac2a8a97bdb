import type { ProcessIdentity } from '../../../system/index.ts';
import { busyInstance, missingProgram, noInstance, noRoom, notStarted, outOfReach } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { baseEnvironment, childArgv } from './child-process.ts';
import { locateInstance, pathsOf } from './instance-folder.ts';
import { type LoadedInstance, loadInstanceToChange } from './load-instance.ts';
import type { ProcessContext } from './process-context.ts';

const POLL_MS = 5;
/** For a supervisor to come up. What it waits for itself, the grace period of an earlier process, is added. */
const START_LIMIT_MS = 15_000;
const SMALLEST_FILE = 4_096;

/**
 * Gives an instance a supervisor, which starts its process or takes over the one that runs. Of several at once, one does it and all
 * resolve. Resolves when the program runs, or has run if it is that quick.
 */
export async function startInstance(context: ProcessContext, id: string, epoch: number): Promise<void> {
  const { system } = context;
  const folder = await locateInstance(system, context.stateDirectory, id);
  if (folder === undefined) throw noInstance(id);
  const { spec } = await loadInstanceToChange(system, folder);
  await assertProgram(context, spec);
  const limitMs = START_LIMIT_MS + 2 * spec.graceMs;
  const deadline = system.clock.monotonicMs() + limitMs;
  let wanted = firstGeneration(await loadInstanceToChange(system, folder));
  let supervisor: ProcessIdentity | undefined;
  while (system.clock.monotonicMs() < deadline) {
    // Looked at before the files are read: a supervisor that has ended has written all it had to.
    const hasEnded = supervisor && system.processes.state(supervisor) === 'dead';
    const loaded = await loadInstanceToChange(system, folder);
    const generation = loaded.claim?.generation ?? 0;
    if (loaded.instance.state === 'unknown') throw outOfReach(id);
    if (isStarted(loaded, wanted)) return;
    if (loaded.claimState === 'free' && !supervisor) {
      wanted = generation + 1;
      supervisor = await launch(context, { folder, epoch, generation: wanted });
    } else if (loaded.claimState === 'free' && (hasEnded || generation >= wanted)) {
      await context.fence.assertCurrent(epoch);
      // A supervisor that cannot write anything down cannot say so either.
      if ((await system.files.freeBytes(folder)) < SMALLEST_FILE) throw noRoom(id, folder);
      throw notStarted(id, await lastLines(context, folder));
    }
    await system.clock.sleep(POLL_MS);
  }
  throw busyInstance(id, 'start', limitMs);
}

/** The lowest claim under which a run of the program counts as this start: one that is being started by somebody, or the next. */
function firstGeneration({ claim, claimState, record }: LoadedInstance): number {
  const generation = claim?.generation ?? 0;
  const isEnding = record?.generation === generation && record.desired === 'stopped';
  return claimState === 'held' && claim?.kind === 'supervisor' && !isEnding ? generation : generation + 1;
}

/** Whether the program has run under that claim or a later one, and is looked after or has ended in good order. */
function isStarted({ record, claim, claimState, instance }: LoadedInstance, generation: number): boolean {
  if (!record?.hasRun || record.generation < generation) return false;
  if (claimState === 'held') return record.generation === claim?.generation;
  return instance.state === 'running' || instance.state === 'stopped';
}

async function launch(
  { system, program }: ProcessContext,
  options: { readonly folder: string; readonly epoch: number; readonly generation: number },
): Promise<ProcessIdentity> {
  const { folder, epoch, generation } = options;
  return system.processes.startDetached({
    argv: [process.execPath, program, folder, String(epoch), String(generation)],
    cwd: '/',
    environment: baseEnvironment(system.environment),
    logFile: pathsOf(folder).supervisorLog,
  });
}

/** A program that is not there would be started again and again; that is told at once. */
async function assertProgram({ system }: ProcessContext, spec: InstanceSpec): Promise<void> {
  if (!(await system.files.isFolder(spec.artifact))) throw missingProgram(spec.id, spec.artifact);
  const [path] = childArgv(spec, process.execPath);
  if (!(await system.files.exists(path))) throw missingProgram(spec.id, path);
}

async function lastLines({ system }: ProcessContext, folder: string): Promise<readonly string[]> {
  const text = (await system.files.readTextIfPresent(pathsOf(folder).supervisorLog)) ?? '';
  return system.redaction.apply(text).trimEnd().split('\n').slice(-10);
}
