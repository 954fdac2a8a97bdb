import type { DeclaredDataMigration } from '../../model/index.ts';
import type { ConnectionTarget, System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import { createServiceWorker } from './service-worker.ts';
import { createSqlWorker } from './sql-worker.ts';
import type { DataWorker } from './worker.ts';

/** Whoever carries this data migration out. */
export function createDataWorker(
  system: System,
  installation: Installation,
  { declared, release }: DeclaredDataMigration,
): DataWorker {
  const target = findTarget(installation, { database: declared.database, release });
  if (declared.kind === 'sql') return createSqlWorker(system, target, { declared, release });
  return createServiceWorker(system, installation, { declared, release, target });
}

function findTarget(
  installation: Installation,
  { database, release }: { readonly database: string; readonly release: string },
): ConnectionTarget {
  const target = installation.databases.get(database);
  if (!target) throw new Error(`Release ${release} names database ${database}, which onward.yaml does not have`);
  return target;
}
