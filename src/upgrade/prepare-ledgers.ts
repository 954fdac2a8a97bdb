import { createLedger } from '../migrate/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';

/** Makes sure that Onward's own tables are in every database; the lease needs them. */
export async function prepareLedgers(system: System, installation: Installation): Promise<void> {
  for (const target of installation.databases.values()) {
    const session = await system.postgres.connect(target, { applicationName: 'onward' });
    try {
      await createLedger(system, session);
    } finally {
      await session.close();
    }
  }
}
