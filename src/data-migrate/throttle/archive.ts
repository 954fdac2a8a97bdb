import { formatBytes } from '../../model/index.ts';
import type { Signal, ThrottleContext } from './signal.ts';

/** The archive of WAL, where there is one: it fails, or more waits for it than is allowed, as far as the role may see that. */
export function createArchiveSignal({ session, pacing }: ThrottleContext): Signal {
  return {
    name: 'the archive of WAL',
    async observe() {
      const { rows } = await session.query<{ failed: string | null; may_count: boolean; segment: string }>(
        `select case when last_failed_time > last_archived_time or last_archived_time is null then last_failed_wal end as failed,
                pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'execute') as may_count,
                pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')) as segment
         from pg_catalog.pg_stat_archiver where pg_catalog.current_setting('archive_mode') <> 'off'`,
      );
      const [found] = rows;
      if (!found) return undefined;
      if (found.failed !== null) return { text: `the archive of WAL, which fails at ${found.failed}` };
      if (!found.may_count) return undefined;
      const { rows: counted } = await session.query<{ ready: string }>(
        `select pg_catalog.count(*) as ready from pg_catalog.pg_ls_archive_statusdir() where name like '%.ready'`,
      );
      const backlog = Number(counted[0]?.ready) * Number(found.segment);
      if (backlog <= pacing.walBacklogBytes) return undefined;
      const allowed = formatBytes(pacing.walBacklogBytes);
      return { text: `the archive of WAL: ${formatBytes(backlog)} wait for it, ${allowed} are allowed` };
    },
  };
}
