import { once } from 'node:events';
import type { ProcessExit, System } from '../../../system/index.ts';
import { createFenceFile } from '../../fence-file.ts';
import type { InstanceSpec } from '../runtime.ts';
import { backoffMs, countCrashes } from './backoff.ts';
import { takeClaim } from './claim.ts';
import { listenControl } from './control.ts';
import { loadRecord, loadSpec, pathsOf, stateDirectoryOf, writeRecord } from './instance-folder.ts';
import type { InstanceRecord } from './instance-record.ts';
import { startChild } from './start-child.ts';
import { adoptChild, type SupervisedChild } from './supervised-child.ts';
import { terminateGroup } from './terminate-group.ts';

export interface SupervisorOptions {
  /** The folder of the instance. */
  readonly folder: string;
  /** Of the one who asked for the start. Counts for that start alone: a crash later is mended whoever holds the lease by then. */
  readonly epoch: number;
  /** The number of the claim to take; whoever else takes it first does the start. */
  readonly generation: number;
  readonly node: string;
}

/**
 * Starts one instance and keeps it running until it is asked to stop, or, for a one-shot, until it has ended. Does nothing when the
 * epoch is stale or another process has the claim. When it is killed, its process lives on; another supervisor can take over.
 * Resolves with the exit code: 1 when it could not do its work, and then the log says why.
 */
export async function runSupervisor(system: System, options: SupervisorOptions): Promise<0 | 1> {
  try {
    await supervise(system, options);
    return 0;
  } catch (error) {
    report(system, error);
    return 1;
  }
}

async function supervise(system: System, options: SupervisorOptions): Promise<void> {
  const { folder, epoch, generation } = options;
  const fence = createFenceFile(system.files, stateDirectoryOf(folder));
  const spec = await loadSpec(system, folder);
  await fence.assertCurrent(epoch);
  if (!(await takeClaim(system, folder, { generation, kind: 'supervisor' }))) return;
  const stopRequest = new AbortController();
  const control = await listenControl(system, folder, async (stopEpoch) => {
    await fence.assertCurrent(stopEpoch);
    stopRequest.abort(new Error('asked to stop'));
  });
  try {
    const supervision: Supervision = { system, options, spec, stop: stopRequest.signal };
    const first = await startFirst(supervision, () => fence.assertCurrent(epoch));
    await watch(supervision, first);
  } finally {
    control.close();
  }
}

interface Supervision {
  readonly system: System;
  readonly options: SupervisorOptions;
  readonly spec: InstanceSpec;
  readonly stop: AbortSignal;
}

interface Watched {
  readonly child: SupervisedChild;
  readonly record: InstanceRecord;
}

/** Takes a process over that an earlier supervisor left running, or starts one. */
async function startFirst(supervision: Supervision, assertMayRun: () => Promise<void>): Promise<Watched> {
  const { system, spec } = supervision;
  const { folder, generation, node } = supervision.options;
  const earlier = await loadRecord(system, folder);
  if (earlier?.child) {
    const { child } = earlier;
    // Its supervisor is gone, so it ends at its gate, unless it was let run just before.
    while (system.processes.isAtGate(child)) await system.clock.sleep(2);
    if (system.processes.state(child) === 'alive') {
      const record: InstanceRecord = { ...earlier, generation, desired: 'running', hasRun: true };
      await writeRecord(system, folder, record);
      return { child: adoptChild(system, child), record };
    }
    await terminateGroup(system, child, spec.graceMs);
  }
  const before = earlier && { ...earlier, generation, child: undefined };
  const record: InstanceRecord = { ...before, generation, desired: 'running', hasRun: false, restarts: 0 };
  try {
    return await startChild(system, { folder, spec, record, node, assertMayRun });
  } catch (error) {
    if (before) await writeRecord(system, folder, before);
    else await system.files.remove(pathsOf(folder).record);
    throw error;
  }
}

async function watch(supervision: Supervision, first: Watched): Promise<void> {
  const { system, options, spec, stop } = supervision;
  let { child, record } = first;
  let crashes = 0;
  for (;;) {
    const startedMs = system.clock.monotonicMs();
    const exit = await endOrStop(child, stop);
    if (exit === 'stop' || spec.kind === 'one-shot') return await finish(supervision, { child, record });
    await terminateGroup(system, child.identity, spec.graceMs);
    crashes = countCrashes(crashes, system.clock.monotonicMs() - startedMs);
    record = { ...record, child: undefined, exit: { ...exit, at: system.clock.now().toISOString() } };
    // A disk that is full now must not end the supervision; the next start writes again.
    await writeRecord(system, options.folder, record).catch((error: unknown) => report(system, error));
    const next = await startAgain(supervision, record, crashes);
    if (!next) return;
    ({ child, record } = next);
  }
}

async function endOrStop(child: SupervisedChild, stop: AbortSignal): Promise<ProcessExit | 'stop'> {
  if (stop.aborted) return 'stop';
  return Promise.race([child.ended, once(stop, 'abort').then(() => 'stop' as const)]);
}

/** Waits and starts until a start works. `undefined` when it was asked to stop meanwhile, which is recorded then. */
async function startAgain(
  supervision: Supervision,
  record: InstanceRecord,
  crashes: number,
): Promise<Watched | undefined> {
  const { system, spec, stop } = supervision;
  const { folder, node } = supervision.options;
  for (let attempt = crashes; ; attempt += 1) {
    await system.clock.sleep(backoffMs(attempt), stop).catch(() => {});
    if (stop.aborted) {
      await writeRecord(system, folder, { ...record, desired: 'stopped' });
      return undefined;
    }
    try {
      const next = { ...record, restarts: record.restarts + 1 };
      return await startChild(system, { folder, spec, record: next, node, assertMayRun: async () => {} });
    } catch (error) {
      report(system, error);
    }
  }
}

/** Ends what is left of the instance and records how it ended. That it shall be stopped is on disk before anything is sent. */
async function finish(supervision: Supervision, { child, record }: Watched): Promise<void> {
  const { system, spec } = supervision;
  const { folder } = supervision.options;
  const stopping: InstanceRecord = { ...record, desired: 'stopped' };
  await writeRecord(system, folder, stopping);
  await terminateGroup(system, child.identity, spec.graceMs);
  const exit = await child.ended;
  await child.waitForOutput();
  await writeRecord(system, folder, {
    ...stopping,
    child: undefined,
    exit: { ...exit, at: system.clock.now().toISOString() },
  });
}

function report(system: System, error: unknown): void {
  system.log.emit({ type: 'supervisor.error', message: error instanceof Error ? error.message : String(error) });
}
