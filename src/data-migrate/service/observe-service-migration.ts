import type { Session } from '../../system/index.ts';
import { type DataMigrationStatus, observeDataMigration } from '../observe.ts';
import { askStatus, type ServiceQuestions } from './questions.ts';

/**
 * What is on record, with what the program says now. A data migration that nobody has begun is not asked about. `unknown` when the program
 * gives no answer; the counters are those on record then, and the last error says why. Changes nothing.
 */
export async function observeServiceMigration(
  session: Session,
  id: string,
  openQuestions: () => Promise<ServiceQuestions>,
): Promise<DataMigrationStatus> {
  const recorded = await observeDataMigration(session, id);
  if (recorded.startedAt === null) return recorded;
  try {
    const said = await askStatus(await openQuestions());
    const { scanned, changed, failed, batches } = said.recorded ? recorded : said;
    // Only a verification completes it; and what the program takes back is not complete any more.
    const isTakenBack = recorded.status === 'completed' && said.status !== 'completed' && !said.recorded;
    return { ...recorded, scanned, changed, failed, batches, ...(isTakenBack ? { status: 'pending' as const } : {}) };
  } catch (error) {
    const isStopped = recorded.status === 'paused' || recorded.status === 'cancelled';
    return { ...recorded, status: isStopped ? recorded.status : 'unknown', lastError: (error as Error).message };
  }
}
