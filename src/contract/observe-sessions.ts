import type { ClientSession } from '../model/index.ts';
import type { Session } from '../system/index.ts';

/**
 * Clients that are connected to the database of this session now, in the order in which they came, without Onward itself: what its own role
 * calls `onward …`. Changes nothing. Any role may see who is there and what they call themselves; whence and since when, not every role may.
 */
export async function observeSessions(session: Session): Promise<readonly ClientSession[]> {
  const { rows } = await session.query<{
    pid: number;
    role: string;
    name: string | null;
    address: string | null;
    since: string | null;
  }>(
    `select pid, usename as role, application_name as name, pg_catalog.host(client_addr) as address,
            pg_catalog.to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
     from pg_catalog.pg_stat_activity
     where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid() and usename is not null
       and coalesce(backend_type, 'client backend') = 'client backend'
       and not (usename = current_user and coalesce(application_name, '') ~ '^onward( |$)')
     order by backend_start, pid`,
  );
  return rows.map(({ pid, role, name, address, since }) => ({
    pid,
    role,
    name: name ?? undefined,
    ...(address === null ? {} : { address }),
    ...(since === null ? {} : { since }),
  }));
}
