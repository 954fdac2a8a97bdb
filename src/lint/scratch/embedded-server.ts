import { type EmbeddedPostgres, type System, startEmbeddedPostgres } from '../../system/index.ts';
import type { ServerVersion } from '../server-version.ts';
import { createServerFolder, recordServer, removeAbandoned } from './server-folder.ts';

/** A server that several scratches use; it ends with the last of them. */
export interface SharedServer {
  readonly url: string;
  /** The last one stops the server and removes its data. */
  release(): Promise<void>;
}

interface Running {
  readonly server: Promise<EmbeddedPostgres>;
  users: number;
}

const running = new Map<ServerVersion, Running>();

/**
 * What a measurement needs: statistics are counted, nothing runs beside the statement, and one transaction may hold the locks of a large
 * schema.
 */
const SETTINGS = {
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  jit: 'off',
  max_connections: '60',
  max_locks_per_transaction: '1024',
  max_prepared_transactions: '4',
  max_wal_size: '4GB',
  shared_preload_libraries: 'pg_stat_statements',
  track_counts: 'on',
};

/** One server per version and process; not durable, in a temporary folder. Throws `postgres.not-installed`. */
export async function shareServer(system: System, version: ServerVersion): Promise<SharedServer> {
  let entry = running.get(version);
  if (!entry) {
    entry = { server: startServer(system, version), users: 0 };
    running.set(version, entry);
  }
  const mine = entry;
  mine.users += 1;
  const release = once(async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    if (running.get(version) === mine) running.delete(version);
    await (await mine.server).remove();
  });
  try {
    return { url: (await mine.server).url, release };
  } catch (error) {
    mine.users -= 1;
    if (running.get(version) === mine) running.delete(version);
    throw error;
  }
}

async function startServer(system: System, version: ServerVersion): Promise<EmbeddedPostgres> {
  await removeAbandoned(system);
  const directory = await createServerFolder(system);
  try {
    const server = await startEmbeddedPostgres({
      version: `${version}`,
      isDurable: false,
      settings: SETTINGS,
      directory,
    });
    await recordServer(system, directory);
    return server;
  } catch (error) {
    await system.files.remove(directory);
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
