import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  type LogEvent,
  resolveConnectionTarget,
  type Session,
  type System,
  startEmbeddedPostgres,
} from '../system/index.ts';
import { type ApplyOptions, type ApplyReport, applyMigrations } from './apply.ts';
import type { MigrationFile } from './migration-file.ts';
import { readMigrations } from './read-migrations.ts';

/** A real server for one test file; each test gets a database of its own. */
export interface TestServer {
  readonly system: System;
  readonly server: EmbeddedPostgres;
  createDatabase(): Promise<TestDatabase>;
  close(): Promise<void>;
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  readonly target: ConnectionTarget;
  /** A session that is closed with the server. */
  connect(applicationName?: string): Promise<Session>;
  /** Writes files (path to text) into a new folder and applies the expand phase of them. */
  apply(files: { readonly [path: string]: string }, options?: Partial<ApplyOptions>): Promise<ApplyReport>;
  read(files: { readonly [path: string]: string }): Promise<readonly MigrationFile[]>;
  /** What the ledger lists, in the order of applying. */
  ledger(): Promise<readonly string[]>;
}

export async function startTestServer(options: Parameters<typeof startEmbeddedPostgres>[0] = {}): Promise<TestServer> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const server = await startEmbeddedPostgres({ isDurable: false, ...options });
  const sessions: Session[] = [];
  const folders: string[] = [];
  const connectTo = async (name: string, applicationName: string): Promise<Session> => {
    const target = await targetOf(`${server.url}/${name}`);
    const session = await system.postgres.connect(target, { applicationName });
    sessions.push(session);
    return session;
  };
  const readAll: TestDatabase['read'] = async (files) => {
    const folder = await writeMigrations(files);
    folders.push(folder);
    const read = await readMigrations(system, folder, { database: 'core' });
    const errors = read.findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return read.files;
  };
  let count = 0;
  return {
    system,
    server,
    async createDatabase() {
      count += 1;
      const name = `test_${count}`;
      const admin = await connectTo('postgres', 'test');
      await admin.query(`create database ${name}`);
      await admin.close();
      const target = await targetOf(`${server.url}/${name}`);
      return {
        name,
        url: `${server.url}/${name}`,
        target,
        connect: (applicationName = 'shop') => connectTo(name, applicationName),
        async apply(files, given) {
          const base = { database: 'core', target, phases: ['expand'], release: '9.0.0', run: 'run-1' } as const;
          return applyMigrations(system, { ...base, files: await readAll(files), ...given });
        },
        read: readAll,
        async ledger() {
          const session = await connectTo(name, 'test');
          const { rows } = await session.query<{ path: string }>(
            'select path from onward.migration order by finished_at',
          );
          await session.close();
          return rows.map(({ path }) => path);
        },
      };
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close().catch(() => {})));
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
      await server.remove();
    },
  };
}

export async function targetOf(url: string, environment: System['environment'] = {}): Promise<ConnectionTarget> {
  return resolveConnectionTarget({ url, origin: 'test', environment });
}

/** Writes files into a new temporary folder and returns it. */
export async function writeMigrations(files: { readonly [path: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-migrations-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Polls until the condition gives something; fails after ten seconds and says what was waited for. */
export async function until<T>(what: string, condition: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Waited ten seconds for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The error that a promise is rejected with. */
export async function failure<T = Error>(promise: Promise<unknown>): Promise<T> {
  const settled = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in settled) return settled.error as T;
  throw new Error(`Expected an error, got ${JSON.stringify(settled.value)}`);
}

export function collectEvents(): { readonly events: LogEvent[]; onEvent(event: LogEvent): void } {
  const events: LogEvent[] = [];
  return { events, onEvent: (event) => void events.push(event) };
}
