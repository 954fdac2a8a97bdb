import type { Session } from '../system/index.ts';
import type { BatchEngine } from './batch-engine.ts';

const FIRST_LOOK_MS = 20;
const LOOK_EVERY_MS = 50;

/** The most sessions that were seen waiting for the worker at one time. Short batches end before the first look. */
export function watchWaiters({ system, monitor, worker }: BatchEngine): { stop(): Promise<number> } {
  const stopped = new AbortController();
  const watch = async (): Promise<number> => {
    let most = 0;
    try {
      for (let pause = FIRST_LOOK_MS; ; pause = LOOK_EVERY_MS) {
        await system.clock.sleep(pause, stopped.signal);
        most = Math.max(most, await countWaiters(monitor, worker.backendPid));
      }
    } catch (error) {
      if (stopped.signal.aborted) return most;
      throw error;
    }
  };
  const watching = watch();
  // Told by `stop`; until then nobody listens.
  watching.catch(() => {});
  return {
    stop() {
      stopped.abort(new Error('The batch has ended'));
      return watching;
    },
  };
}

/** How many sessions wait for a lock that the session of `pid` holds. */
async function countWaiters(session: Session, pid: number): Promise<number> {
  const { rows } = await session.query<{ waiters: string }>(
    `select pg_catalog.count(*) as waiters from pg_catalog.pg_stat_activity
     where wait_event_type = 'Lock' and $1 = any (pg_catalog.pg_blocking_pids(pid))`,
    [pid],
  );
  return Number(rows[0]?.waiters ?? 0);
}
