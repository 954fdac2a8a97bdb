/** Starts a program at a gate, prints its pid, and never lets it run: `<folder>`. Whoever kills this process takes its place as the one who failed. */
import { join } from 'node:path';
import { createSystem } from '../../src/system/index.ts';

const [folder = ''] = process.argv.slice(2);
const { processes } = createSystem({ environment: process.env, onEvent: () => {} });
const gated = await processes.startGated({
  argv: ['touch', join(folder, 'it-ran')],
  cwd: folder,
  environment: process.env,
  logFile: join(folder, 'output.log'),
  logLimitBytes: 1_000,
});
console.log(gated.identity.pid);
setInterval(() => {}, 1_000);
