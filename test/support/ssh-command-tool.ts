/** A tool that runs one command of a service on a host, in a process of its own which a test kills: `<options as JSON> <spec as JSON>`. */
import { createSshRuntime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';

const [options = '', spec = ''] = process.argv.slice(2);
const system = createSystem({ environment: process.env, onEvent: () => {} });
const runtime = createSshRuntime(system, JSON.parse(options));
await runtime.runCommand(JSON.parse(spec), { onOutput: () => {}, signal: new AbortController().signal });
