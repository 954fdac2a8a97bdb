import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { resolveConnectionTarget, type Session, type System, startEmbeddedPostgres } from '../../src/system/index.ts';

/** A streaming standby of an embedded server. */
export interface Replica {
  /** Stops it from applying what it receives. */
  holdBack(): Promise<void>;
  goOn(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** The settings that the server needs for it. */
export const REPLICATED = { wal_level: 'logical', wal_keep_size: '256MB', wal_receiver_status_interval: '1s' };

/**
 * A standby called `replica`: the files of the server, copied during a base backup, started as its follower. It needs no program that
 * the embedded server does not have.
 */
export async function createReplica(
  system: System,
  server: { readonly url: string; readonly directory: string },
): Promise<Replica> {
  const primary = await connect(system, server.url);
  const directory = await mkdtemp(join(tmpdir(), 'onward-replica-'));
  const data = join(directory, 'data');
  await primary.query(`select pg_backup_start('replica', true)`);
  // With their owner, which is not ours under root.
  await promisify(execFile)('cp', ['-a', join(server.directory, 'data'), data]);
  await rm(join(data, 'postmaster.pid'));
  const { rows } = await primary.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
  await primary.close();
  const { uid, gid } = await stat(data);
  for (const [name, text] of [
    ['backup_label', rows[0]?.labelfile ?? ''],
    ['standby.signal', ''],
  ] as const) {
    await writeFile(join(data, name), text);
    await chown(join(data, name), uid, gid);
  }
  const { port } = new URL(server.url);
  const settings = {
    ...REPLICATED,
    primary_conninfo: `host=127.0.0.1 port=${port} user=postgres application_name=replica`,
  };
  const standby = await startEmbeddedPostgres({ isDurable: false, directory, settings });
  const ask = async (sql: string) => {
    const session = await connect(system, standby.url);
    await session.query(sql).finally(() => session.close());
  };
  return {
    holdBack: () => ask('select pg_wal_replay_pause()'),
    goOn: () => ask('select pg_wal_replay_resume()'),
    stop: () => standby.stop(),
    start: () => standby.start(),
    async remove() {
      await standby.remove();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function connect(system: System, url: string): Promise<Session> {
  const target = resolveConnectionTarget({ url: `${url}/postgres`, origin: 'test', environment: {} });
  return system.postgres.connect(await target, { applicationName: 'test replica' });
}
