import { OnwardError } from '../model/index.ts';
import { quoteName } from '../sql/index.ts';
import type { ConnectionTarget, Session, System } from '../system/index.ts';
import { assertDirectConnection } from './direct-connection.ts';
import { pooledConnection } from './errors.ts';

export const APPLICATION_NAME = 'onward migrate';

/** The three sessions of a run. */
export interface Connections {
  /** Holds the advisory lock. Idle otherwise, and never inside of a transaction, so that it never holds up a concurrent index build. */
  readonly lock: Session;
  /** Runs the migrations. */
  readonly ddl: Session;
  /** Watches who waits for whom. */
  readonly monitor: Session;
  close(): Promise<void>;
}

/** An operator's transaction that is left open by a suspended tool must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_LIMIT = '60s';

/**
 * Opens the two other sessions beside that of the lock, with the search path that the role has, pinned. Refuses poolers. `close` leaves the
 * lock's session open.
 */
export async function completeConnections(
  system: System,
  target: ConnectionTarget,
  lock: Session,
): Promise<Connections> {
  const opened: Session[] = [];
  const open = async (settings: { readonly [name: string]: string }): Promise<Session> => {
    const session = await system.postgres.connect(target, { applicationName: APPLICATION_NAME, settings });
    opened.push(session);
    return session;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((session) => session.close()));
  };
  try {
    const search_path = await resolveSearchPath(lock);
    const pinned = { search_path, TimeZone: 'UTC', lock_timeout: '5s', statement_timeout: '0' };
    const ddlOnly = { idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT };
    const monitor = await open(pinned);
    const ddl = await open({ ...pinned, ...ddlOnly });
    await assertDirectConnection(system, [lock, ddl, monitor]);
    return { lock, ddl, monitor, close };
  } catch (error) {
    await close();
    throw asPooled(error);
  }
}

/**
 * The schemas that unqualified names mean for this role, without the ledger's own: a role that is called `onward` has that schema in its
 * `"$user"`, and the product's tables must not land there.
 */
async function resolveSearchPath(session: Session): Promise<string> {
  const { rows } = await session.query<{ path: string; own: string | null }>(
    `select pg_catalog.current_setting('search_path') as path,
            (select nspname from pg_catalog.pg_namespace where nspname = current_user and nspname <> 'onward') as own`,
  );
  const { path, own } = rows[0] ?? { path: 'public', own: null };
  // Schemas that do not exist yet stay, because a migration may create them.
  const parts = path.split(',').map((part) => part.trim());
  const pinned = parts.flatMap((part) => {
    if (part === '"$user"' || part === '$user') return own === null ? [] : [quoteName(own)];
    return part === '' || part === 'onward' || part === '"onward"' ? [] : [part];
  });
  return pinned.length === 0 ? '""' : pinned.join(', ');
}

/** A pooler that does not pass start-up settings on refuses the connection with this message. */
function asPooled(error: unknown): unknown {
  const isRefused = error instanceof OnwardError && error.message.includes('unsupported startup parameter');
  return isRefused ? pooledConnection('it does not pass settings on') : error;
}
