import type { ProcessIdentity } from '../../../system/index.ts';
import { busyInstance, missingProgram, noInstance, notStarted, outOfReach } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { baseEnvironment, childArgv } from './child-process.ts';
import { locateInstance, pathsOf } from './instance-folder.ts';
import { type LoadedInstance, loadInstanceToChange } from './load-instance.ts';
import type { ProcessContext } from './process-runtime.ts';

const POLL_MS = 5;
/** For a supervisor to come up. What it waits for itself, the grace period of an earlier process, is added. */
const START_LIMIT_MS = 15_000;

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
  let launched: { readonly generation: number; readonly supervisor: ProcessIdentity } | undefined;
  while (system.clock.monotonicMs() < deadline) {
    const loaded = await loadInstanceToChange(system, folder);
    if (loaded.instance.state === 'unknown') throw outOfReach(id);
    if (isStarted(loaded, launched?.generation)) return;
    if (loaded.claimState === 'free') {
      const generation = loaded.claim?.generation ?? 0;
      if (!launched) launched = await launch(context, { folder, epoch, generation: generation + 1 });
      else if (generation >= launched.generation || system.processes.state(launched.supervisor) === 'dead') {
        // It may have taken its claim, and even have ended, since the files were read.
        const last = await loadInstanceToChange(system, folder);
        if (last.claimState === 'held') continue;
        if (isStarted(last, launched.generation)) return;
        await context.fence.assertCurrent(epoch);
        throw notStarted(id, await lastLines(context, folder));
      }
    }
    await system.clock.sleep(POLL_MS);
  }
  throw busyInstance(id, 'start', limitMs);
}

/** Whether the instance runs under a supervisor or, when we asked for this start, has run since. */
function isStarted(loaded: LoadedInstance, generation: number | undefined): boolean {
  const { record, instance, claimState } = loaded;
  if (!record?.hasRun) return false;
  if (claimState === 'held') return record.desired === 'running' && record.generation === loaded.claim?.generation;
  const isOurs = generation !== undefined && record.generation >= generation;
  return isOurs && (instance.state === 'running' || instance.state === 'stopped');
}

async function launch(
  { system, program }: ProcessContext,
  options: { readonly folder: string; readonly epoch: number; readonly generation: number },
) {
  const { folder, epoch, generation } = options;
  const supervisor = await system.processes.startDetached({
    argv: [process.execPath, program, folder, String(epoch), String(generation)],
    cwd: '/',
    environment: baseEnvironment(system.environment),
    logFile: pathsOf(folder).supervisorLog,
  });
  return { generation, supervisor };
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
