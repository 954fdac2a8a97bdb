import { dirname, join } from 'node:path';
import type { System } from '../../../system/index.ts';
import type { InstanceSpec } from '../runtime.ts';
import { isInstanceId } from '../spec-fields.ts';
import { decodeRecord, encodeRecord, type InstanceRecord } from './instance-record.ts';
import { decodeSpec } from './instance-spec.ts';

/** Where an instance keeps its files: `<stateDirectory>/instances/<service>/<id>` (0700), every file in it 0600. */
export function instancesFolder(stateDirectory: string): string {
  return join(stateDirectory, 'instances');
}

export function stateDirectoryOf(folder: string): string {
  return dirname(dirname(dirname(folder)));
}

export const pathsOf = (folder: string) => ({
  spec: join(folder, 'spec.json'),
  record: join(folder, 'state.json'),
  log: join(folder, 'output.log'),
  control: join(folder, 'control.sock'),
  supervisorLog: join(folder, 'supervisor.log'),
});

export async function loadSpec(system: System, folder: string): Promise<InstanceSpec> {
  return decodeSpec(await system.files.readText(pathsOf(folder).spec));
}

/** `undefined` for an instance that was never started. */
export async function loadRecord(system: System, folder: string): Promise<InstanceRecord | undefined> {
  const text = await system.files.readTextIfPresent(pathsOf(folder).record);
  return text === undefined ? undefined : decodeRecord(text);
}

export async function writeRecord(system: System, folder: string, record: InstanceRecord): Promise<void> {
  await system.files.writeAtomic(pathsOf(folder).record, encodeRecord(record));
}

/** The folder of an instance, whichever service it belongs to. */
export async function locateInstance(system: System, stateDirectory: string, id: string): Promise<string | undefined> {
  if (!isInstanceId(id)) return undefined;
  const root = instancesFolder(stateDirectory);
  for (const service of await system.files.names(root)) {
    const folder = join(root, service, id);
    if (await system.files.isFolder(folder)) return folder;
  }
  return undefined;
}
