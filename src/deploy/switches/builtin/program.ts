/**
 * The detached process of the builtin switch: `node switch.js <state directory of the deployment> [successor]`. A successor is
 * started by the switch that it replaces.
 */
import { openPlace } from './place.ts';
import { startSwitch } from './start-switch.ts';
import { startSuccessor } from './successor.ts';

declare const ONWARD_VERSION: string;

const [, program = '', stateDirectory = '', role] = process.argv;
const place = await openPlace(stateDirectory, { version: ONWARD_VERSION, path: program });
const failed = (error: unknown) =>
  place.log.write(`failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
// The traffic goes on; whatever gets here is a defect.
process.on('uncaughtException', failed);
try {
  const running = role === 'successor' ? await startSuccessor(place) : await startSwitch(place);
  if (running) {
    process.on('SIGTERM', () => void running.stop());
    await running.ended();
  }
  process.exit(0);
} catch (error) {
  failed(error);
  process.exit(1);
}
