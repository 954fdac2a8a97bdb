import type { Engine } from './engine.ts';

const EVERY_MS = 500;

const PROGRESS = `
select p.phase, p.pid, p.lockers_done, p.lockers_total, p.current_locker_pid, p.blocks_done, p.blocks_total, p.tuples_done, p.tuples_total
from pg_catalog.pg_stat_progress_create_index p where p.pid = `;

interface ProgressRow {
  readonly phase: string | null;
  readonly lockers_done: string | null;
  readonly lockers_total: string | null;
  readonly current_locker_pid: string | null;
  readonly blocks_done: string | null;
  readonly blocks_total: string | null;
  readonly tuples_done: string | null;
  readonly tuples_total: string | null;
}

/** Tells, twice a second, how far the build of an index has come, until it is stopped. */
export function watchProgress(engine: Engine, path: string): { stop(): Promise<void> } {
  const ending = new AbortController();
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      // An aborted sleep is the end of the watch.
      await engine.system.clock.sleep(EVERY_MS, ending.signal).catch(() => {});
      if (!ending.signal.aborted) await emitProgress(engine, path, engine.connections.ddl.backendPid);
    }
  };
  // Progress is a courtesy: when it cannot be read, the build goes on.
  const watching = loop().catch(() => {});
  return {
    async stop() {
      ending.abort('done');
      await watching;
    },
  };
}

/** One event about the build that a session is at, if it is at one. */
export async function emitProgress(engine: Engine, path: string, pid: number): Promise<void> {
  const { rows } = await engine.connections.monitor.query<ProgressRow>(`${PROGRESS}${pid}`);
  const [row] = rows;
  if (!row) return;
  const locker = Number(row.current_locker_pid ?? 0);
  const isWaiting = row.phase?.startsWith('waiting') === true;
  const [done, total] = isWaiting
    ? [row.lockers_done, row.lockers_total]
    : Number(row.blocks_total) > 0
      ? [row.blocks_done, row.blocks_total]
      : [row.tuples_done, row.tuples_total];
  engine.emit({
    type: 'migrate.progress',
    path,
    phase: row.phase ?? 'not visible to this role',
    done: Number(done ?? 0),
    total: Number(total ?? 0),
    ...(isWaiting && locker > 0 ? { waitingForPid: locker } : {}),
  });
}
