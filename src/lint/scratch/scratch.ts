import { quoteName } from '../../sql/index.ts';
import { type ConnectionTarget, resolveConnectionTarget, type Session, type System } from '../../system/index.ts';
import type { ServerVersion } from '../server-version.ts';
import { shareServer } from './embedded-server.ts';
import { notDropped, otherVersion, refusedServer } from './errors.ts';
import { findRefusal } from './find-refusal.ts';

/** A server for trying things out, and the databases that were made on it. */
export interface Scratch {
  /** As `server_version_num` has it, such as 150018. */
  readonly serverVersion: number;
  /** The server is ours alone: roles may be made on it, and nothing on it is of value. */
  readonly isEmbedded: boolean;
  /** A new database: empty, or a copy of `template`, to which nobody may be connected. */
  createDatabase(options?: { readonly template?: Pick<ScratchDatabase, 'name'> }): Promise<ScratchDatabase>;
  /** Drops every database that was made, ending its sessions. Throws `lint.not-dropped`. */
  close(): Promise<void>;
}

export interface ScratchDatabase {
  readonly name: string;
  readonly target: ConnectionTarget;
  /** The session has the time zone UTC, and gives up waiting for a lock after 30 s. The caller closes it. */
  connect(applicationName: string): Promise<Session>;
  /** Ends the sessions that are open. */
  drop(): Promise<void>;
}

export interface ScratchOptions {
  /** Major version; 15 unless told. With `on`: what that server must run; any version unless told. */
  readonly server?: ServerVersion;
  /** A server that holds nothing of value, by any database of it, instead of an embedded one. */
  readonly on?: ConnectionTarget;
  /** Databases that are in use; their servers are refused. */
  readonly never?: readonly ConnectionTarget[];
}

const APPLICATION_NAME = 'onward scratch';
const SETTINGS = { TimeZone: 'UTC', lock_timeout: '30s' };

/**
 * Opens a server for trying things out. Throws `postgres.not-installed` when the binaries of an embedded version are not there, and
 * `lint.refused-server` when the server of `on` is in use, or may be.
 */
export async function openScratch(system: System, options: ScratchOptions = {}): Promise<Scratch> {
  const { on } = options;
  if (on) {
    const admin = await system.postgres.connect(on, { applicationName: APPLICATION_NAME });
    try {
      await assertUsable(system, admin, { ...options, on });
    } catch (error) {
      await admin.close();
      throw error;
    }
    return createScratch(system, { admin, base: on, isEmbedded: false, release: async () => {} });
  }
  const server = await shareServer(system, options.server ?? 15);
  try {
    const base = await resolveConnectionTarget({ url: `${server.url}/postgres`, origin: 'scratch', environment: {} });
    const admin = await system.postgres.connect(base, { applicationName: APPLICATION_NAME });
    return createScratch(system, { admin, base, isEmbedded: true, release: server.release });
  } catch (error) {
    await server.release();
    throw error;
  }
}

async function assertUsable(
  system: System,
  admin: Session,
  options: ScratchOptions & { readonly on: ConnectionTarget },
): Promise<void> {
  const { on, server, never = [] } = options;
  const refusal = await findRefusal(system, admin, { on, never });
  if (refusal) throw refusedServer(on, refusal);
  const major = Math.floor(admin.serverVersion / 10_000);
  if (server !== undefined && major !== server) throw otherVersion(on, server, major);
}

interface Place {
  readonly admin: Session;
  readonly base: ConnectionTarget;
  readonly isEmbedded: boolean;
  release(): Promise<void>;
}

function createScratch(system: System, place: Place): Scratch {
  const { admin, base, isEmbedded } = place;
  const names = new Set<string>();
  // A session takes one statement at a time.
  let last: Promise<unknown> = Promise.resolve();
  const run = (sql: string): Promise<unknown> => {
    const next = last.then(() => admin.query(sql));
    last = next.catch(() => {});
    return next;
  };
  const drop = async (name: string): Promise<void> => {
    if (!names.has(name)) return;
    await run(`drop database if exists ${quoteName(name)} with (force)`);
    names.delete(name);
  };
  return {
    serverVersion: admin.serverVersion,
    isEmbedded,
    async createDatabase({ template } = {}) {
      const name = `onward_scratch_${system.random.hex(8)}`;
      names.add(name);
      await run(`create database ${quoteName(name)} template ${quoteName(template?.name ?? 'template0')}`);
      const target = { ...base, database: name };
      const connect: ScratchDatabase['connect'] = (applicationName) =>
        system.postgres.connect(target, { applicationName, settings: SETTINGS });
      return { name, target, connect, drop: () => drop(name) };
    },
    async close() {
      try {
        for (const name of names) await drop(name);
        await admin.close();
      } catch (error) {
        // On a server of our own they go with it.
        if (!isEmbedded) throw notDropped([...names], error);
      } finally {
        await place.release();
      }
    },
  };
}
