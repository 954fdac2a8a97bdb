import type { Session, System } from '../../system/index.ts';
import type { ScratchDatabase } from '../scratch/scratch.ts';
import { type KnownRelations, loadKnownRelations } from './known-relations.ts';

/** A session whose database is prepared: its tables have rows, and `known` says how many. */
export interface MeasuringSession {
  readonly session: Session;
  readonly known: KnownRelations;
  /** Another session of the same database. It looks at the locks of statements that commit on their way, while they run. */
  readonly observer: Session;
}

/**
 * As the engine pins them, with limits so that nothing runs for ever. Parallel workers count their reads elsewhere. Small tables must be
 * looked up by index as large ones would be.
 */
const SETTINGS = {
  search_path: 'public',
  TimeZone: 'UTC',
  lock_timeout: '30s',
  statement_timeout: '60s',
  max_parallel_maintenance_workers: '0',
  max_parallel_workers_per_gather: '0',
  random_page_cost: '1.1',
};

/** Two sessions on a database, for measuring. Everything that is there counts as old; `known` has no numbers of rows yet. */
export async function connectMeasuring(
  system: System,
  database: ScratchDatabase,
): Promise<MeasuringSession & { close(): Promise<void> }> {
  const connect = (applicationName: string) =>
    system.postgres.connect(database.target, { applicationName, settings: SETTINGS });
  const session = await connect('onward measure');
  const observer = await connect('onward observe');
  const known = await loadKnownRelations(session);
  return {
    session,
    observer,
    known,
    async close() {
      await session.close();
      await observer.close();
    },
  };
}
