import { formatDuration } from '../model/index.ts';
import { PostgresError, type Session } from '../system/index.ts';

/** A transaction that is open for longer keeps what the batches leave behind from being cleaned away. */
export const OLD_SNAPSHOT_MS = 300_000;

/**
 * Why the next batch has to wait, in words; `undefined` when nothing stands in its way. What cannot be told is a reason too: a session of
 * another role hides what it does from a role that may not read statistics.
 */
export async function observeReason(
  session: Session,
  { oldSnapshotMs }: { readonly oldSnapshotMs: number },
): Promise<string | undefined> {
  try {
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
      [oldSnapshotMs],
    );
    const [found] = rows;
    if (!found) return undefined;
    if (found.hidden) return `the right to see what session ${found.pid} does: grant pg_read_all_stats to this role`;
    const who = found.name ? ` (${found.name})` : '';
    return `the end of a transaction of session ${found.pid}${who}, open for ${formatDuration(roundAge(found.age))}`;
  } catch (error) {
    if (error instanceof PostgresError && !error.code.startsWith('08'))
      return `an answer of the server (${error.message})`;
    throw error;
  }
}

/** Whole minutes above one, so that the reason stays the same for a while. */
function roundAge(age: string | null): number {
  const ms = Number(age ?? 0);
  return ms < 60_000 ? Math.floor(ms / 1_000) * 1_000 : Math.floor(ms / 60_000) * 60_000;
}

/** How many sessions wait for a lock that the session of `pid` holds. */
export async function countWaiters(session: Session, pid: number): Promise<number> {
  const { rows } = await session.query<{ waiters: string }>(
    `select pg_catalog.count(*) as waiters from pg_catalog.pg_stat_activity
     where wait_event_type = 'Lock' and $1 = any (pg_catalog.pg_blocking_pids(pid))`,
    [pid],
  );
  return Number(rows[0]?.waiters ?? 0);
}
