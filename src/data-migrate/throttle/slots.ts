import { formatBytes } from '../../model/index.ts';
import type { Signal, ThrottleContext } from './signal.ts';

/** WAL that a replication slot keeps: whoever reads from it is behind, and the disk of the server fills. */
export function createSlotSignal({ session, pacing }: ThrottleContext): Signal {
  return {
    name: 'replication slots',
    async observe() {
      const { rows } = await session.query<{ slot: string; kept: string }>(
        `select slot_name as slot, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), restart_lsn) as kept
         from pg_catalog.pg_replication_slots
         where restart_lsn is not null
           and pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), restart_lsn) > $1::pg_catalog.int8
         order by kept desc limit 1`,
        [pacing.walBacklogBytes],
      );
      const [found] = rows;
      if (!found) return undefined;
      const allowed = formatBytes(pacing.walBacklogBytes);
      return {
        text: `the reader of slot ${found.slot}: ${formatBytes(Number(found.kept))} of WAL are kept for it, ${allowed} are allowed`,
      };
    },
  };
}
