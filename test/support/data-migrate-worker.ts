// Runs one data migration as a process of its own, which a test kills. Says "." before every batch; with "step" behind the options, it then
// waits until it is told to go on.
import { once } from 'node:events';
import { runDataMigration } from '../../src/data-migrate/index.ts';
import { createSystem } from '../../src/system/index.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof runDataMigration>[1];
const system = createSystem({ environment: {}, onEvent: () => {} });
const outcome = await runDataMigration(system, {
  ...options,
  async beforeBatch() {
    process.stdout.write('.');
    if (process.argv[3] === 'step') await once(process.stdin, 'data');
  },
});
process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.stdin.destroy();
