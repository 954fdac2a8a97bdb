import type { Session, System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';

/** How long a query of a condition may take, and how long it may wait for a lock. */
const STATEMENT_LIMIT_MS = 5_000;
const LOCK_LIMIT_MS = 1_000;
/** How long one condition may take with everything around it, on a network that has gone silent too. */
const LOOK_LIMIT_MS = 8_000;
const CONNECT_RETRY_MS = 2_000;

/** What conditions are looked at with: one session for each database that they ask for. */
export interface Eyes {
  readonly system: System;
  readonly installation: Installation;
  /**
   * Runs `look` in a transaction that can only read, in which nothing that is asked takes long, and rolls it back. Rejects when the database
   * cannot be reached, or does not answer in time; it is not asked again then.
   */
  inDatabase<T>(name: string, look: (session: Session) => Promise<T>): Promise<T>;
  /** Rejects when `look` takes longer than a condition may. */
  withinLimit<T>(look: () => Promise<T>): Promise<T>;
  /** Lets go of every session, without waiting for those that do not answer. */
  close(): void;
}

export function createEyes(system: System, installation: Installation): Eyes {
  const sessions = new Map<string, Session>();
  const failed = new Map<string, unknown>();
  let isClosed = false;

  const connect = async (name: string): Promise<Session> => {
    const session = await openSession(system, installation, name);
    // It may come later than the limit, when nobody would close it.
    if (isClosed) session.close().catch(() => {});
    sessions.set(name, session);
    return session;
  };
  const withinLimit: Eyes['withinLimit'] = (look) => raceAgainst(system, LOOK_LIMIT_MS, look);
  return {
    system,
    installation,
    withinLimit,
    async inDatabase(name, look) {
      if (failed.has(name)) throw failed.get(name);
      let isBack = false;
      try {
        return await withinLimit(async () => {
          const session = sessions.get(name) ?? (await connect(name));
          await session.query('begin transaction isolation level repeatable read read only');
          try {
            return await look(session);
          } finally {
            await session.query('rollback');
            isBack = true;
          }
        });
      } catch (error) {
        if (!isBack) failed.set(name, error);
        throw error;
      }
    },
    close() {
      isClosed = true;
      for (const session of sessions.values()) session.close().catch(() => {});
    },
  };
}

async function raceAgainst<T>(system: System, limitMs: number, work: () => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const late = system.clock.sleep(limitMs, limit.signal).then(
    () => Promise.reject(new Error(`there was no answer within ${limitMs / 1_000} s`)),
    () => new Promise<never>(() => {}),
  );
  const working = work();
  // When the limit wins, nobody listens to how it ends.
  working.catch(() => {});
  try {
    return await Promise.race([working, late]);
  } finally {
    limit.abort(new Error('over'));
  }
}

/** A session in which names mean what they mean for the role, and in which row-level security that would hide rows is an error. */
async function openSession(system: System, installation: Installation, name: string): Promise<Session> {
  const target = installation.databases.get(name);
  if (!target) throw new Error(`onward.yaml has no database ${name}`);
  const session = await system.postgres.connect(target, {
    applicationName: 'onward condition',
    settings: {
      row_security: 'off',
      statement_timeout: String(STATEMENT_LIMIT_MS),
      lock_timeout: String(LOCK_LIMIT_MS),
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      IntervalStyle: 'postgres',
    },
    retryForMs: CONNECT_RETRY_MS,
  });
  await session.query(
    `select pg_catalog.set_config('search_path', coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ' order by position), ''), false)
     from pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as path (name, position) where name <> 'onward'`,
  );
  return session;
}
