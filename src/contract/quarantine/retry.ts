import { OnwardError } from '../../model/index.ts';
import { PostgresError, type Session, type System } from '../../system/index.ts';

export interface RetryLimits {
  /** After this time what the server said last is thrown. */
  readonly forMs: number;
}

const RETRY_EVERY_MS = 50;

/** Nobody waits behind us for longer than this: rows of the catalog stay locked while we wait. */
const LOCK_TIMEOUT_MS = 100;
const STATEMENT_TIMEOUT_MS = 5_000;

/** Two sessions changed the privileges of one table at once; the second is refused with this internal error. */
const CONCURRENT_UPDATE = /^tuple concurrently (updated|deleted)$/;
const PASSING = new Set(['55P03', '40P01', '40001', '57014']);

/** A short transaction on privileges, tried again when somebody else is changing them at the same moment. */
export async function changePrivileges<T>(
  system: Pick<System, 'clock'>,
  session: Session,
  { forMs, work }: RetryLimits & { readonly work: () => Promise<T> },
): Promise<T> {
  const deadline = system.clock.monotonicMs() + forMs;
  for (;;) {
    try {
      return await session.transaction(async () => {
        await session.query(
          `set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
        );
        return await work();
      });
    } catch (error) {
      if (!isPassing(error) || system.clock.monotonicMs() > deadline) throw error;
      await system.clock.sleep(RETRY_EVERY_MS);
    }
  }
}

function isPassing(error: unknown): boolean {
  // What was planned from is not so any more.
  if (error instanceof OnwardError) return error.code === 'contract.quarantine-inexact';
  return error instanceof PostgresError && (PASSING.has(error.code) || CONCURRENT_UPDATE.test(error.message));
}
