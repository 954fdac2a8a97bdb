// Runs one data migration as a process of its own, which a test kills. Says "." before every batch.
import { runDataMigration } from '../../src/data-migrate/index.ts';
import { createSystem } from '../../src/system/index.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof runDataMigration>[1];
const system = createSystem({ environment: {}, onEvent: () => {} });
const outcome = await runDataMigration(system, {
  ...options,
  beforeBatch: async () => void process.stdout.write('.'),
});
process.stdout.write(`${JSON.stringify(outcome)}\n`);
