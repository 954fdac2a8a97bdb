import { OnwardError } from '../model/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../system/index.ts';
import { createWaits, type Stalls, type Waiter } from './stalls.ts';

/** Between two looks at who waits. What lasts less may be missed; of what is seen, the server says since when. */
const SAMPLE_MS = 50;

/** What the sessions of a database felt of a program. */
export interface ProgramStalls extends Stalls {
  /** False when no session of that name was there at any look: then nothing is known. */
  readonly wasSeen: boolean;
}

export interface ProgramWatch {
  /** Ends the watch, and says what was seen. */
  stop(): Promise<ProgramStalls>;
}

/**
 * Counts who waits for the sessions of somebody else's program, which are known by their application name. It only looks, and never throws: a
 * database that cannot be looked at is one of which nothing was seen.
 */
export async function watchProgram(
  system: Pick<System, 'clock' | 'postgres'>,
  { target, applicationName }: { readonly target: ConnectionTarget; readonly applicationName: string },
): Promise<ProgramWatch> {
  const waits = createWaits();
  let wasSeen = false;
  const session = await connect(system, target);
  const ending = new AbortController();
  const loop = async (): Promise<void> => {
    while (session && !ending.signal.aborted && !session.isLost) {
      const { sessions, waiters } = await takeSample(session, applicationName);
      wasSeen ||= sessions > 0;
      waits.note(waiters, system.clock.monotonicMs());
      // An aborted sleep is the end of the watch.
      await system.clock.sleep(SAMPLE_MS, ending.signal).catch(() => {});
    }
  };
  const watching = loop().catch(() => {});
  return {
    async stop() {
      ending.abort('done');
      await watching;
      await session?.close().catch(() => {});
      return { ...waits.stalls(), wasSeen };
    },
  };
}

async function connect({ postgres }: Pick<System, 'postgres'>, target: ConnectionTarget): Promise<Session | undefined> {
  try {
    return await postgres.connect(target, { applicationName: 'onward monitor', retryForMs: 0 });
  } catch (error) {
    if (error instanceof OnwardError || error instanceof PostgresError) return undefined;
    throw error;
  }
}

interface Sample {
  readonly sessions: number;
  readonly waiters: readonly Waiter[];
}

async function takeSample(monitor: Session, applicationName: string): Promise<Sample> {
  const waitStart = monitor.serverVersion >= 140_000 ? 'l.waitstart' : 'null::timestamptz';
  const { rows } = await monitor.query<{ sample: Sample }>(
    `with own as materialized (
       select pid from pg_catalog.pg_stat_activity where application_name = $1 and datname = pg_catalog.current_database())
     select pg_catalog.json_build_object(
       'sessions', (select count(*) from own),
       'waiters', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
           'key', l.pid || ' ' || l.virtualtransaction || ' ' || coalesce(${waitStart}::text, ''),
           'ms', extract(epoch from pg_catalog.clock_timestamp() - ${waitStart}) * 1000)), '[]')
         from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
         where not l.granted and a.application_name <> $1 and a.application_name not like 'onward%'
           and a.backend_type is distinct from 'autovacuum worker'
           and exists (select from own where own.pid = any (pg_catalog.pg_blocking_pids(l.pid))))) as sample`,
    [applicationName],
  );
  return rows[0]?.sample ?? { sessions: 0, waiters: [] };
}
