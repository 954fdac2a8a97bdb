import { basename, dirname, join } from 'node:path';
import { busyInstance, outOfReach, stillRunning } from '../errors.ts';
import { releaseClaim, takeClaim } from './claim.ts';
import { locateInstance } from './instance-folder.ts';
import { type LoadedInstance, loadInstanceToChange } from './load-instance.ts';
import type { ProcessContext } from './process-context.ts';

/** Removes the folder of an instance of which nothing runs. It disappears as a whole; what a crash leaves is no instance any more. */
export async function removeInstance(context: ProcessContext, id: string, epoch: number): Promise<void> {
  const { system } = context;
  const folder = await locateInstance(system, context.stateDirectory, id);
  if (folder === undefined) return;
  const loaded = await loadInstanceToChange(system, folder);
  assertNothingRuns(context, loaded);
  const claim = { generation: (loaded.claim?.generation ?? 0) + 1, kind: 'tool' } as const;
  if (!(await takeClaim(system, folder, claim))) throw busyInstance(id, 'remove', 0);
  const removed = system.files.temporaryBeside(join(dirname(folder), `.removing-${basename(folder)}`));
  try {
    await context.fence.assertCurrent(epoch);
    await system.files.rename(folder, removed);
  } catch (error) {
    await releaseClaim(system, folder, claim);
    throw error;
  }
  await system.files.remove(removed);
}

function assertNothingRuns({ system }: ProcessContext, { instance, record, claimState }: LoadedInstance): void {
  if (instance.state === 'unknown' || claimState === 'unknown') throw outOfReach(instance.id);
  if (claimState === 'held' || instance.state === 'running') throw stillRunning(instance.id);
  if (record?.child && system.processes.groupState(record.child) !== 'dead') throw stillRunning(instance.id);
}
