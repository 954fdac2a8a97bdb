import type { Session, System } from '../system/index.ts';
import { pooledConnection } from './errors.ts';

/** First half of the key of the advisory locks that only prove that a session is one. */
const PROBE_CLASS = 1_869_508_208;

/**
 * Proves that each session is a server session of its own: its process stays the same, a setting and an advisory lock survive from one
 * statement to the next, and no two of them are the same process. A pooler in transaction mode fails at least one of these; throws
 * `migrate.pooled-connection`. Leaves nothing behind but the setting `onward.probe`; in a
 * pooler's session also a lock of a random number, which nobody else asks for.
 */
export async function assertDirectConnection(
  system: Pick<System, 'random'>,
  sessions: readonly Session[],
): Promise<void> {
  const probes = sessions.map(() => {
    const token = system.random.hex(8);
    return { token, key: Number.parseInt(token.slice(0, 7), 16) };
  });
  // One after the other on purpose: a pooler then gives them the same server session again and again, and shows itself.
  for (const [index, session] of sessions.entries()) {
    const { token, key } = probes[index] ?? { token: '', key: 0 };
    const { rows } = await session.query<{ pid: number }>(
      `select pg_catalog.pg_backend_pid() as pid, pg_catalog.set_config('onward.probe', '${token}', false),
              pg_catalog.pg_try_advisory_lock(${PROBE_CLASS}, ${key})`,
    );
    if (rows[0]?.pid !== session.backendPid) throw pooledConnection('the server process changed between statements');
  }
  // The other way round: one that takes turns would otherwise come round to the same ones.
  for (const [index, session] of [...sessions.entries()].reverse()) {
    const { token, key } = probes[index] ?? { token: '', key: 0 };
    const { rows } = await session.query<{ pid: number; token: string | null; is_locked: boolean }>(
      `select pg_catalog.pg_backend_pid() as pid, pg_catalog.current_setting('onward.probe', true) as token,
              exists (select from pg_catalog.pg_locks where locktype = 'advisory' and classid = ${PROBE_CLASS} and objid = ${key}
                      and pid = pg_catalog.pg_backend_pid()) as is_locked`,
    );
    const seen = rows[0];
    if (seen?.pid !== session.backendPid) throw pooledConnection('the server process changed between statements');
    if (seen.token !== token) throw pooledConnection('a setting was not kept');
    if (!seen.is_locked) throw pooledConnection('an advisory lock was not kept');
  }
  for (const [index, session] of sessions.entries()) {
    await session.query(`select pg_catalog.pg_advisory_unlock(${PROBE_CLASS}, ${probes[index]?.key ?? 0})`);
  }
  if (new Set(sessions.map(({ backendPid }) => backendPid)).size < sessions.length) {
    throw pooledConnection('two connections were given the same server process');
  }
}
