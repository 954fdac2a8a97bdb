import { OnwardError } from '../../model/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../../system/index.ts';

/** Begins with "onward": what such a session sends is no client's. */
const APPLICATION_NAME = 'onward quarantine';

/** A session in which times read the same always and names mean what the catalog means. */
export async function openQuarantineSession(system: System, target: ConnectionTarget): Promise<Session> {
  return system.postgres.connect(target, {
    applicationName: APPLICATION_NAME,
    settings: {
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      search_path: 'pg_catalog',
      statement_timeout: '10s',
      lock_timeout: '1s',
      idle_in_transaction_session_timeout: '60s',
    },
  });
}

/** The server ended the session, the way to it broke, or nothing answers there now. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof OnwardError) return error.code === 'postgres.unreachable';
  return error instanceof PostgresError && /^(08|57P0)/.test(error.code);
}
