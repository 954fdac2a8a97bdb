import type { DeclaredDataMigration } from '../../model/index.ts';
import type { ConnectionTarget, System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
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
  throw new Error(`Data migration ${declared.id} is done by service ${declared.service}, which nobody can ask yet`);
}

function findTarget(
  installation: Installation,
  { database, release }: { readonly database: string; readonly release: string },
): ConnectionTarget {
  const target = installation.databases.get(database);
  if (!target) throw new Error(`Release ${release} names database ${database}, which onward.yaml does not have`);
  return target;
}
