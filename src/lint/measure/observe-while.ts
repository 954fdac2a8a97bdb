import type { LockMode } from '../../sql/index.ts';
import type { MeasuringSession } from './measuring-session.ts';

type Locks = readonly (readonly [oid: number, mode: LockMode])[];

/**
 * Locks of the measuring session that were seen while `running` was under way, asked for again and again. A lock that is held shorter than a
 * round trip can be missed.
 */
export async function observeWhile(
  { session, observer }: Pick<MeasuringSession, 'session' | 'observer'>,
  running: Promise<unknown>,
): Promise<Locks> {
  let isRunning = true;
  const ended = running.finally(() => {
    isRunning = false;
  });
  // The caller waits for `running` itself and hears of its failure.
  ended.catch(() => {});
  const seen = new Map<string, readonly [number, LockMode]>();
  while (isRunning) {
    const { rows } = await observer.query<{ oid: number; mode: LockMode }>(
      `select relation as oid, mode from pg_catalog.pg_locks
        where pid = ${session.backendPid} and locktype = 'relation' and relation >= 16384 and granted`,
    );
    for (const { oid, mode } of rows) seen.set(`${oid} ${mode}`, [oid, mode]);
  }
  return [...seen.values()];
}
