/**
 * The supervisor of one instance: a small process of its own, so that the instance is watched while the tool is gone.
 * Started with the instance's folder, the epoch of the one who asked, and the number of the claim to take.
 */
import { createSystem } from '../../../system/index.ts';
import { runSupervisor } from './supervise.ts';

const [folder = '', epoch, generation] = process.argv.slice(2);
const system = createSystem({
  environment: process.env,
  onEvent: ({ message }) => process.stderr.write(`${new Date().toISOString()} ${message}\n`),
});
process.exitCode = await runSupervisor(system, {
  folder,
  epoch: Number(epoch),
  generation: Number(generation),
  node: process.execPath,
});
