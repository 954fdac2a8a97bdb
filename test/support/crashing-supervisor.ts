/**
 * The supervisor, to which something happens at one durable write: `<state directory>/crash-at` holds its number, from 1, and `before` or
 * `after` (it kills itself), `fail` (the disk is full) or `raise` (another operator takes the lease, with epoch 7). Without that file it is as it ships.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFenceFile } from '../../src/deploy/index.ts';
import { runSupervisor } from '../../src/deploy/runtimes/process/supervise.ts';
import { createSystem } from '../../src/system/index.ts';

const [folder = '', epoch, generation] = process.argv.slice(2);
const system = createSystem({
  environment: process.env,
  onEvent: ({ message }) => process.stderr.write(`${message}\n`),
});
const stateDirectory = join(folder, '../../..');
const [number, moment] = readCrash();
let writes = 0;

async function write<T>(work: () => Promise<T>): Promise<T> {
  writes += 1;
  const isTheOne = writes === Number(number);
  if (isTheOne && moment === 'before') process.kill(process.pid, 'SIGKILL');
  if (isTheOne && moment === 'fail') throw new Error('ENOSPC: no space left on device');
  const result = await work();
  if (isTheOne && moment === 'raise') await createFenceFile(system.files, stateDirectory).raise(7);
  if (isTheOne && moment === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
}

const { createOnce, writeAtomic } = system.files;
const files = {
  ...system.files,
  createOnce: (...args: Parameters<typeof createOnce>) => write(() => createOnce(...args)),
  writeAtomic: (...args: Parameters<typeof writeAtomic>) => write(() => writeAtomic(...args)),
};
process.exitCode = await runSupervisor(
  { ...system, files },
  { folder, epoch: Number(epoch), generation: Number(generation), node: process.execPath },
);

function readCrash(): readonly string[] {
  try {
    return readFileSync(join(stateDirectory, 'crash-at'), 'utf8').split(' ');
  } catch {
    return [];
  }
}
