import { formatDuration } from '../../model/index.ts';
import { hiddenFrom, type Signal, type ThrottleContext } from './signal.ts';

/** Transactions of this database that have been open for long: they keep what the batches leave behind from being cleaned away. */
export function createOldSnapshotSignal({ session, pacing }: ThrottleContext): Signal {
  return {
    name: 'open transactions',
    async observe() {
      const { rows } = await session.query<{ pid: number; name: string | null; age: string | null; hidden: boolean }>(
        `select pid, application_name as name,
                extract(epoch from pg_catalog.clock_timestamp() - xact_start) * 1000 as age,
                query = '<insufficient privilege>' as hidden
         from pg_catalog.pg_stat_activity
         where coalesce(backend_type, 'client backend') = 'client backend' and datname = pg_catalog.current_database()
           and pid <> pg_catalog.pg_backend_pid()
           and (query = '<insufficient privilege>'
                or (backend_xmin is not null or backend_xid is not null)
                   and xact_start < pg_catalog.clock_timestamp() - $1::pg_catalog.float8 * interval '1 millisecond')
         order by 4, xact_start limit 1`,
        [pacing.oldSnapshotMs],
      );
      const [found] = rows;
      if (!found) return undefined;
      if (found.hidden) return hiddenFrom(`what session ${found.pid} does`);
      const who = found.name ? ` (${found.name})` : '';
      const age = formatDuration(roundAge(found.age));
      return { text: `the end of a transaction of session ${found.pid}${who}, open for ${age}` };
    },
  };
}

/** Whole minutes above one, so that the reason stays the same for a while. */
function roundAge(age: string | null): number {
  const ms = Number(age ?? 0);
  return ms < 60_000 ? Math.floor(ms / 1_000) * 1_000 : Math.floor(ms / 60_000) * 60_000;
}
