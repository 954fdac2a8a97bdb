/** A tool of one command, in a process of its own: `<operation> <state directory> <supervisor program> <id> <epoch>`. */
import { createProcessRuntime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';

const [operation, stateDirectory = '', program = '', id = '', epoch] = process.argv.slice(2);
const system = createSystem({ environment: process.env, onEvent: () => {} });
const runtime = createProcessRuntime(system, { stateDirectory, program });
if (operation === 'start') await runtime.start(id, Number(epoch));
else await runtime.stop(id, Number(epoch));
// As abruptly as a tool can end.
process.kill(process.pid, 'SIGKILL');
