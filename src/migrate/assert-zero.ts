import { PostgresError, type Session } from '../system/index.ts';
import { assertionFails, assertionRefused, assertionTooSlow } from './assertion-errors.ts';
import type { FileAssertion } from './assertions.ts';
import type { Progress } from './errors.ts';

export interface AssertionPlace {
  /** Of the file. */
  readonly path: string;
  /** How long the query may take. */
  readonly leftMs: number;
  readonly budgetMs: number;
  readonly progress: Progress;
  /** True when the statement was cancelled because the application waited. */
  readonly wasCancelled: () => boolean;
}

/** There is no such table, or no such column. */
const GONE = ['42P01', '42703'];
const END = 'rollback to savepoint onward_assertion; release savepoint onward_assertion';

/**
 * Asks in the transaction of the caller, which holds the locks: the query can write nothing, sees every row or fails, and leaves no setting
 * behind. Throws `migrate.assertion-fails`, `.assertion-too-slow` or `.assertion-refused`, and the server's own error when the application
 * waited.
 */
export async function assertZero(
  send: (sql: string) => ReturnType<Session['query']>,
  assertion: FileAssertion,
  place: AssertionPlace,
): Promise<void> {
  const settings = `set transaction read only; set local statement_timeout = ${place.leftMs}; set local row_security = off`;
  let count: number;
  try {
    const { rows } = await send(`savepoint onward_assertion; ${settings}; ${assertion.query}`);
    count = Number(Object.values(rows[0] ?? {})[0] ?? Number.NaN);
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    if (error.code === '57014' && !place.wasCancelled()) throw assertionTooSlow(assertion, place);
    if (assertion.mayBeGone === true && GONE.includes(error.code)) {
      await send(END);
      return;
    }
    // Locks, deadlocks and lost connections are for the caller to judge.
    if (/^(57|55|40|08|58)/.test(error.code)) throw error;
    throw assertionRefused(assertion, { ...place, error });
  }
  if (count !== 0) throw assertionFails(assertion, { ...place, count });
  await send(END);
}
