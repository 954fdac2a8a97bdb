// Keeps one quarantine as a process of its own, which a test kills.
import { runQuarantine } from '../../src/contract/index.ts';
import { createSystem } from '../../src/system/index.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof runQuarantine>[1];
const system = createSystem({ environment: {}, onEvent: () => {} });
await runQuarantine(system, { ...options, signal: new AbortController().signal });
