import type { Session } from '../../system/index.ts';
import { type DataMigrationStatus, observeDataMigration } from '../observe.ts';
import { askStatus, type ServiceQuestions } from './questions.ts';

/**
 * What is on record, with what the program says now. One that nobody has begun is not asked about, nor one that is completed: it was verified
 * then, releases of later may not know it any more, and whoever relies on it verifies again. `unknown` when the program gives no answer; the
 * counters are those on record then, and the last error says why. Changes nothing.
 */
export async function observeServiceMigration(
  session: Session,
  id: string,
  openQuestions: () => Promise<ServiceQuestions>,
): Promise<DataMigrationStatus> {
  const recorded = await observeDataMigration(session, id);
  if (recorded.startedAt === null || recorded.status === 'completed') return recorded;
  try {
    const said = await askStatus(await openQuestions());
    const { scanned, changed, failed, batches } = said.recorded ? recorded : said;
    return { ...recorded, scanned, changed, failed, batches };
  } catch (error) {
    const isStopped = recorded.status === 'paused' || recorded.status === 'cancelled';
    return { ...recorded, status: isStopped ? recorded.status : 'unknown', lastError: (error as Error).message };
  }
}
