import type { ConnectionTarget, Session, System } from '../system/index.ts';

/** Begins with "onward": the lease may end such a session when it has passed on to somebody else. */
const APPLICATION_NAME = 'onward data-migrate';

/** A worker that is suspended in a batch must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_LIMIT = '60s';

/**
 * A session in which a key reads the same always, and in which row-level security that would hide rows is an error. Names mean what they
 * mean for the role, without the schema of the ledger.
 */
export async function openSession(system: System, target: ConnectionTarget): Promise<Session> {
  const session = await system.postgres.connect(target, {
    applicationName: APPLICATION_NAME,
    settings: {
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      IntervalStyle: 'postgres',
      row_security: 'off',
      lock_timeout: '5s',
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT,
    },
  });
  try {
    await session.query(
      `select pg_catalog.set_config('search_path', coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ' order by position), ''), false)
       from pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as path (name, position) where name <> 'onward'`,
    );
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Does work in such a session, which is closed then. */
export async function withSession<T>(
  system: System,
  target: ConnectionTarget,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(system, target);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
