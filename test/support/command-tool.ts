/** A tool that runs one command of a service, in a process of its own which a test kills: `<runtime> <its options as JSON> <spec as JSON>`. */
import { createComposeRuntime, createProcessRuntime, createSshRuntime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';

const [kind = '', options = '', spec = ''] = process.argv.slice(2);
const system = createSystem({ environment: process.env, onEvent: () => {} });
const create = { process: createProcessRuntime, compose: createComposeRuntime, ssh: createSshRuntime }[kind];
if (!create) throw new Error(`There is no runtime ${kind}`);
await create(system, JSON.parse(options)).runCommand(JSON.parse(spec), {
  onOutput: () => {},
  signal: new AbortController().signal,
});
