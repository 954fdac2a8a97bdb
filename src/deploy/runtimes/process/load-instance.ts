import { basename } from 'node:path';
import { OnwardError } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import { unreadableInstance } from '../errors.ts';
import type { Instance, InstanceSpec } from '../runtime.ts';
import { type Claim, claimState, loadClaim } from './claim.ts';
import { loadRecord, loadSpec } from './instance-folder.ts';
import type { InstanceRecord } from './instance-record.ts';
import { observeInstance } from './observe-instance.ts';

/** Everything there is to know of an instance at one moment. */
export interface LoadedInstance {
  readonly spec: InstanceSpec;
  readonly record: InstanceRecord | undefined;
  readonly claim: Claim | undefined;
  readonly claimState: 'held' | 'free' | 'unknown';
  readonly instance: Instance;
}

/** Reads files and the process table only. Rejects when a file of the instance cannot be read. */
export async function loadInstance(system: System, folder: string): Promise<LoadedInstance> {
  // The claim first: a supervisor that ends in between has written its last record by then.
  const claim = await loadClaim(system, folder);
  const held = claimState(system, claim);
  const [spec, record] = await Promise.all([loadSpec(system, folder), loadRecord(system, folder)]);
  const child = record?.child ? system.processes.state(record.child) : 'dead';
  return { spec, record, claim, claimState: held, instance: observeInstance(spec, record, { child, claim: held }) };
}

/** As `loadInstance`; throws `runtime.unreadable-instance` when a file of it cannot be read. */
export async function loadInstanceToChange(system: System, folder: string): Promise<LoadedInstance> {
  try {
    return await loadInstance(system, folder);
  } catch (error) {
    if (error instanceof OnwardError) throw error;
    throw unreadableInstance(basename(folder), folder, error instanceof Error ? error.message : String(error));
  }
}
