import type { Session, System } from '../system/index.ts';
import { APPLICATION_NAME } from './connections.ts';
import { runnerBusy } from './errors.ts';

/** The key of the one lock that a run holds in each database: "onward", "mig" in ASCII. */
const LOCK_CLASS = 1_869_508_193;
const LOCK_OBJECT = 1_835_624_960;
const POLL_MS = 50;

export interface RunnerLockOptions {
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called once when another run holds the lock, with who it is. */
  readonly onWait: (holder: string) => void;
}

/**
 * Takes the right to migrate this database, by polling: a session that blocks in `pg_advisory_lock` holds a snapshot, and a concurrent index
 * build of the holder would wait for it in a deadlock. Ends with the session. Throws `migrate.runner-busy` with the holder.
 */
export async function acquireRunnerLock(system: System, session: Session, options: RunnerLockOptions): Promise<void> {
  const startedAt = system.clock.monotonicMs();
  let isAnnounced = false;
  for (;;) {
    const { rows } = await session.query<{ mine: boolean }>(
      `select pg_catalog.pg_try_advisory_lock(${LOCK_CLASS}, ${LOCK_OBJECT}) as mine`,
    );
    if (rows[0]?.mine) return;
    const waitedMs = system.clock.monotonicMs() - startedAt;
    if (!isAnnounced || waitedMs >= options.waitMs) {
      const holder = await describeHolder(session);
      if (waitedMs >= options.waitMs) throw runnerBusy(holder, waitedMs);
      options.onWait(holder);
      isAnnounced = true;
    }
    await system.clock.sleep(POLL_MS, options.signal);
  }
}

async function describeHolder(session: Session): Promise<string> {
  const { rows } = await session.query<{ pid: number; application: string | null; user: string | null; since: string }>(
    `select l.pid, a.application_name as application, a.usename as user,
            pg_catalog.to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since
     from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = ${LOCK_CLASS} and l.objid = ${LOCK_OBJECT} and l.objsubid = 2
       and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`,
  );
  const [holder] = rows;
  if (!holder) return 'a session that ended meanwhile';
  return `pid ${holder.pid}, ${holder.application ?? 'unknown application'}, user ${holder.user ?? 'unknown'}, connected since ${holder.since}`;
}

const ORPHAN_LIMIT_MS = 10_000;

/**
 * Ends what killed runs have left at work: the server does not notice that a client is gone before it has something to tell it. Only who
 * holds the lock may be writing, so any other session of Onward's that has begun to write belongs to nobody. (A concurrent index build has
 * no transaction number while it works, and is waited for instead.)
 */
export async function endOrphans(system: System, session: Session, ownPids: readonly number[]): Promise<void> {
  const deadline = system.clock.monotonicMs() + ORPHAN_LIMIT_MS;
  for (;;) {
    const { rows } = await session.query(
      `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
       where datname = pg_catalog.current_database() and usename = current_user and application_name = '${APPLICATION_NAME}'
         and backend_xid is not null and pid <> all (array[${ownPids.join(', ')}])`,
    );
    if (rows.length === 0) return;
    if (system.clock.monotonicMs() > deadline) throw runnerBusy(await describeHolder(session), ORPHAN_LIMIT_MS);
    await system.clock.sleep(POLL_MS / 5);
  }
}
