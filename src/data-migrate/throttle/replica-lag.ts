import { formatBytes, formatDuration } from '../../model/index.ts';
import { createLagHistory } from './lag-history.ts';
import { hiddenFrom, type Reason, type Signal, type ThrottleContext } from './signal.ts';

/** A standby that is no farther behind has all that matters: its place can differ from the server's by a page header. */
const PAGE_BYTES = 8_192;
/** One segment: how far behind a standby may be for which no lag can be told yet. */
const UNMEASURED_BYTES = 16 * 2 ** 20;
/** For how long a standby without a slot is expected back. */
const EXPECTED_FOR_MS = 300_000;

interface Standby {
  readonly name: string;
  /** Null when the role may not see it. */
  readonly state: string | null;
  readonly place: string | null;
  readonly end: string;
  readonly lag: number | null;
}

/**
 * How far standbys are behind in applying WAL. The lag of one is the longer of what the server has measured and of the time since the server
 * was where the standby is: the server's own figure is empty, or stands still, for one that stopped to apply. A standby that was there and is
 * not any more is waited for: while its slot is there, and for five minutes without a slot.
 */
export function createReplicaLagSignal({ clock, session, pacing }: ThrottleContext): Signal {
  const history = createLagHistory(clock, { limitMs: pacing.replicaLagMs });
  const missing = createMissingStandbys(clock);
  const describeLag = (standby: Standby): Reason | undefined => {
    const { name, state, place, end, lag } = standby;
    if (state === null) return hiddenFrom(`how far standby ${name} is`);
    if (place === null) return { text: `standby ${name} to say how far it is` };
    const behind = Number(BigInt(end) - BigInt(place));
    if (behind <= PAGE_BYTES) return undefined;
    const lagMs = Math.max(lag ?? 0, history.lagMs(BigInt(place)));
    const allowed = `${formatDuration(pacing.replicaLagMs)} are allowed`;
    if (lagMs > pacing.replicaLagMs)
      return { text: `standby ${name}, which is ${formatDuration(floorSeconds(lagMs))} behind; ${allowed}` };
    if (lag === null && behind > UNMEASURED_BYTES && history.isShort())
      return {
        text: `standby ${name}, which is ${formatBytes(behind)} behind, nobody can tell for how long; ${allowed}`,
      };
    return undefined;
  };
  return {
    name: 'standbys',
    async observe() {
      const { rows: standbys } = await session.query<Standby>(
        `select sender.application_name as name, sender.state, extract(epoch from sender.replay_lag)::float8 * 1000 as lag,
                pg_catalog.pg_wal_lsn_diff(sender.replay_lsn, '0/0') as place,
                pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), '0/0') as end
         from pg_catalog.pg_stat_replication as sender
         left join pg_catalog.pg_replication_slots as slot on slot.active_pid = sender.pid
         where coalesce(slot.slot_type, 'physical') = 'physical' and coalesce(sender.state, '') <> 'backup'
           and not (sender.replay_lsn is null and sender.flush_lsn is not null)
         order by sender.application_name`,
      );
      const { rows: idle } = await session.query<{ slot: string }>(
        `select slot_name as slot from pg_catalog.pg_replication_slots
         where slot_type = 'physical' and not active and not temporary and restart_lsn is not null order by slot_name limit 1`,
      );
      history.note(standbys[0] && BigInt(standbys[0].end));
      const gone = missing.note(standbys.map(({ name }) => name));
      for (const standby of standbys) {
        const reason = describeLag(standby);
        if (reason) return reason;
      }
      if (idle[0]) return { text: `the standby of slot ${idle[0].slot}, which nobody reads from` };
      return gone === undefined ? undefined : { text: `standby ${gone}, which has gone away` };
    },
  };
}

/** Remembers how many standbys of each name there were. */
function createMissingStandbys({ monotonicMs }: ThrottleContext['clock']): {
  note(names: readonly string[]): string | undefined;
} {
  const seen = new Map<string, { readonly count: number; readonly wholeAt: number }>();
  return {
    /** A name of which fewer are there than were a while ago. */
    note(names) {
      const now = monotonicMs();
      let gone: string | undefined;
      for (const name of new Set([...seen.keys(), ...names])) {
        const count = names.filter((one) => one === name).length;
        const before = seen.get(name);
        if (before && count < before.count && now - before.wholeAt < EXPECTED_FOR_MS) gone ??= name;
        else seen.set(name, { count, wholeAt: now });
      }
      return gone;
    },
  };
}

function floorSeconds(ms: number): number {
  return ms < 1_000 ? ms : Math.floor(ms / 1_000) * 1_000;
}
