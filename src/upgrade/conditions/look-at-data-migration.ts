import type { ConditionFact } from '../../model/index.ts';
import { observeDataMigrations } from '../data-migrations.ts';
import type { Eyes } from './eyes.ts';

/** Whether rows are still to be moved, by the record of the data migration: complete is only what was verified. */
export function lookAtDataMigration(eyes: Eyes, id: string): Promise<ConditionFact> {
  return eyes.withinLimit(async () => {
    const found = (await observeDataMigrations(eyes.system, eyes.installation, { id })).at(-1);
    if (!found) return { state: 'unknown', evidence: `nothing is known of data migration ${id}` };
    const { status } = found.status;
    const evidence = `data migration ${id} is ${status}`;
    return { state: status === 'completed' ? 'does-not-apply' : 'applies', evidence };
  });
}
