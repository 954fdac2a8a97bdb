import type { Session } from '../../system/index.ts';
import type { SessionLeak } from './measurement.ts';

/** What a file has left in the session, which `resetSession` had made fresh before it. */
export async function loadSessionLeaks(session: Session): Promise<readonly SessionLeak[]> {
  const { rows } = await session.query<SessionLeak>(
    `select 'setting' as kind, name, coalesce(setting, '') as value from pg_catalog.pg_settings where source = 'session'
     union all
     select 'role', 'role', current_user::text
       from pg_catalog.pg_stat_activity where pid = pg_catalog.pg_backend_pid() and usename <> current_user
     union all
     select 'temporary table', relname, '' from pg_catalog.pg_class
      where relnamespace = pg_catalog.pg_my_temp_schema() and relkind in ('r', 'v', 'S', 'p')
     union all
     select 'prepared statement', name, '' from pg_catalog.pg_prepared_statements where from_sql
     union all
     select 'advisory lock', coalesce(objid::text, ''), mode from pg_catalog.pg_locks
      where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid()
     order by 1, 2`,
  );
  return rows;
}

/** As a new session of the engine is. Outside of a transaction. */
export async function resetSession(session: Session): Promise<void> {
  await session.query('discard all');
}
