import type { Session, System } from '../system/index.ts';
import type { Blocker } from './blockers.ts';
import { createWaits, type Stalls, type Waiter } from './stalls.ts';

/** Between two looks at who waits. */
const SAMPLE_MS = 10;
/** A cancel takes a moment to arrive. */
const CANCEL_AHEAD_MS = 12;

export interface Watch {
  stalls(): Stalls;
  /** Ours was cancelled because others had waited for the budget. */
  readonly wasCancelled: boolean;
  /** Whom ours was last seen waiting for. */
  readonly blockers: readonly Blocker[];
  /** Ends the watch; nothing is cancelled any more once it resolves. */
  stop(): Promise<void>;
}

export interface WatchOptions {
  /** The session that runs the migration. */
  readonly pid: number;
  readonly budgetMs: number;
}

interface Sample {
  readonly waiters: readonly Waiter[];
  readonly blockers: readonly RawBlocker[];
}

interface RawBlocker {
  readonly pid: number;
  readonly transaction: string;
  readonly application: string;
  readonly user: string;
  readonly state: string;
  readonly query: string;
  readonly age_ms: number | null;
}

/**
 * Looks every 10 ms who waits for a session of ours, through a session of its own, and cancels ours shortly before somebody has waited for
 * the budget. Autovacuum and other sessions of Onward do not count: nobody feels them.
 */
export function watchStalls(system: Pick<System, 'clock'>, monitor: Session, options: WatchOptions): Watch {
  const ending = new AbortController();
  const waits = createWaits();
  let wasCancelled = false;
  let blockers: readonly Blocker[] = [];
  const look = async (): Promise<void> => {
    const sample = await takeSample(monitor, options.pid);
    if (sample.blockers.length > 0) blockers = sample.blockers.map(toBlocker);
    const longestMs = waits.note(sample.waiters, system.clock.monotonicMs());
    if (longestMs < options.budgetMs - CANCEL_AHEAD_MS || ending.signal.aborted) return;
    wasCancelled = true;
    await monitor.query(`select pg_catalog.pg_cancel_backend(${options.pid})`);
  };
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted && !monitor.isLost) {
      // An aborted sleep is the end of the watch.
      await system.clock.sleep(SAMPLE_MS, ending.signal).catch(() => {});
      if (!ending.signal.aborted) await look();
    }
  };
  // A monitor that breaks ends the watch; the run notices at its next look that the session is lost.
  const watching = loop().catch(() => {});
  return {
    stalls: waits.stalls,
    get wasCancelled() {
      return wasCancelled;
    },
    get blockers() {
      return blockers;
    },
    async stop() {
      ending.abort('done');
      await watching;
    },
  };
}

async function takeSample(monitor: Session, pid: number): Promise<Sample> {
  const waitStart = monitor.serverVersion >= 140_000 ? 'l.waitstart' : 'null::timestamptz';
  const { rows } = await monitor.query<{ sample: Sample }>(`
    select pg_catalog.json_build_object(
      'waiters', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
          'key', l.pid || ' ' || l.virtualtransaction || ' ' || coalesce(${waitStart}::text, ''),
          'ms', extract(epoch from pg_catalog.clock_timestamp() - ${waitStart}) * 1000)), '[]')
        from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where not l.granted and l.pid <> ${pid} and ${pid} = any (pg_catalog.pg_blocking_pids(l.pid))
          and a.application_name not like 'onward%' and a.backend_type <> 'autovacuum worker'),
      'blockers', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
          'pid', a.pid, 'transaction',
          coalesce((select v.virtualtransaction from pg_catalog.pg_locks v where v.pid = a.pid limit 1), ''), 'application', a.application_name,
          'user', coalesce(a.usename, ''), 'state', coalesce(a.state, ''), 'query', coalesce(a.query, ''),
          'age_ms', extract(epoch from pg_catalog.clock_timestamp() - a.xact_start) * 1000)), '[]')
        from pg_catalog.pg_stat_activity a
        where a.pid = any (pg_catalog.pg_blocking_pids(${pid})))) as sample`);
  return rows[0]?.sample ?? { waiters: [], blockers: [] };
}

function toBlocker(raw: RawBlocker): Blocker {
  const { age_ms: ageMs, ...rest } = raw;
  return { ...rest, ageMs: ageMs ?? undefined, relation: undefined, heldMode: undefined, kind: 'session' };
}
