/** A tool that runs one command of a service, in a process of its own which a test kills: `<state directory> <spec as JSON>`. */
import { createProcessRuntime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';

const [stateDirectory = '', spec = ''] = process.argv.slice(2);
const system = createSystem({ environment: process.env, onEvent: () => {} });
const runtime = createProcessRuntime(system, { stateDirectory, program: '/nowhere' });
await runtime.runCommand(JSON.parse(spec), { onOutput: () => {}, signal: new AbortController().signal });
