import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceSpec } from '../../src/deploy/index.ts';
import { eventually } from './eventually.ts';
import { aliveOf } from './instances.ts';

/** Kills the supervisor of an instance of the process runtime, by the claim that it holds, and waits until it is gone. */
export async function killSupervisor(stateDirectory: string, spec: InstanceSpec): Promise<void> {
  const folder = join(stateDirectory, 'instances', spec.service, spec.id);
  const claim = (await readdir(folder)).find((name) => name.startsWith('claim.'));
  if (claim === undefined) throw new Error(`Instance ${spec.id} has no supervisor`);
  const { holder } = JSON.parse(await readFile(join(folder, claim), 'utf8')) as { holder: { pid: number } };
  process.kill(holder.pid, 'SIGKILL');
  await eventually(
    () => aliveOf([holder.pid]),
    (alive) => alive.length === 0,
  );
}
