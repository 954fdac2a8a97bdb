import { fenced } from '../../fence-file.ts';
import { busyInstance, outOfReach } from '../errors.ts';
import { releaseClaim, takeClaim } from './claim.ts';
import { askToStop } from './control.ts';
import { locateInstance, writeRecord } from './instance-folder.ts';
import { type LoadedInstance, loadInstanceToChange } from './load-instance.ts';
import type { ProcessContext } from './process-context.ts';
import { terminateGroup } from './terminate-group.ts';

const POLL_MS = 10;
/** A supervisor that has not heard by then hangs. Ending it does no harm: its process lives on, and is ended from here. */
const UNHEARD_LIMIT_MS = 3_000;
/** What a stop may take beyond the grace period: SIGKILL, and writing it down. */
const STOP_LIMIT_MS = 15_000;

/**
 * Ends an instance, through its supervisor or, when it has none, from here. Resolves when no process of it is left and its supervisor
 * has ended. A supervisor that does not answer in time is killed, and its process is ended from here.
 */
export async function stopInstance(context: ProcessContext, id: string, epoch: number): Promise<void> {
  const { system } = context;
  const folder = await locateInstance(system, context.stateDirectory, id);
  if (folder === undefined) return;
  let heardBy = 0;
  let limitMs = 0;
  const startMs = system.clock.monotonicMs();
  for (;;) {
    const loaded = await loadInstanceToChange(system, folder);
    limitMs = loaded.spec.graceMs + STOP_LIMIT_MS;
    if (loaded.instance.state === 'unknown' || loaded.claimState === 'unknown') throw outOfReach(id);
    if (loaded.claimState === 'free') {
      if (isStopped(loaded) || (await stopWithoutSupervisor(context, folder, { loaded, epoch }))) return;
    } else if (loaded.claim?.kind === 'supervisor' && heardBy !== loaded.claim.generation) {
      const answer = await askToStop(system, folder, epoch);
      if (answer === 'fenced') throw fenced(epoch, await context.fence.read());
      if (answer === 'heard') heardBy = loaded.claim.generation;
    }
    const waitedMs = system.clock.monotonicMs() - startMs;
    if (waitedMs >= 2 * limitMs) throw busyInstance(id, 'stop', waitedMs);
    const isHeard = heardBy === loaded.claim?.generation;
    if (loaded.claim?.kind === 'supervisor' && waitedMs >= (isHeard ? limitMs : UNHEARD_LIMIT_MS)) {
      system.processes.signal(loaded.claim.holder, 'SIGKILL');
    }
    await system.clock.sleep(POLL_MS);
  }
}

function isStopped({ record }: LoadedInstance): boolean {
  return !record || (record.desired === 'stopped' && !record.child);
}

/** False when another process was faster to take the claim, or the instance changed before it was taken. */
async function stopWithoutSupervisor(
  context: ProcessContext,
  folder: string,
  { loaded, epoch }: { readonly loaded: LoadedInstance; readonly epoch: number },
): Promise<boolean> {
  const { system } = context;
  const { record, spec } = loaded;
  if (!record) return true;
  const claim = { generation: (loaded.claim?.generation ?? 0) + 1, kind: 'tool' } as const;
  if (!(await takeClaim(system, folder, claim))) return false;
  try {
    await context.fence.assertCurrent(epoch);
    const stopping = { ...record, generation: claim.generation, desired: 'stopped' } as const;
    await writeRecord(system, folder, stopping);
    if (record.child) await terminateGroup(system, record.child, spec.graceMs);
    const exit = record.child ? { code: null, signal: null, at: system.clock.now().toISOString() } : record.exit;
    await writeRecord(system, folder, { ...stopping, child: undefined, exit });
  } finally {
    await releaseClaim(system, folder, claim);
  }
  return true;
}
