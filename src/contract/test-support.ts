import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  type System,
  startEmbeddedPostgres,
} from '../system/index.ts';

/** A real server for one test file. */
export interface TestServer {
  readonly system: System;
  readonly server: EmbeddedPostgres;
  /** A session in a new database, that is closed with the server. */
  createDatabase(sql?: string): Promise<Session>;
  /** A session in the newest database. */
  connect(options?: { readonly applicationName?: string; readonly user?: string }): Promise<Session>;
  close(): Promise<void>;
}

export async function startTestServer(options: Parameters<typeof startEmbeddedPostgres>[0] = {}): Promise<TestServer> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const server = await startEmbeddedPostgres({ isDurable: false, ...options });
  const sessions: Session[] = [];
  let count = 0;
  const open = async (database: string, user: string, applicationName: string) => {
    const url = `postgres://${user}@127.0.0.1:${server.port}/${database}`;
    const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
    const session = await system.postgres.connect(target, { applicationName });
    sessions.push(session);
    return session;
  };
  return {
    system,
    server,
    connect: ({ applicationName = 'onward', user = 'postgres' } = {}) => open(`test_${count}`, user, applicationName),
    async createDatabase(sql) {
      count += 1;
      const admin = await open('postgres', 'postgres', 'onward');
      await admin.query(`create database test_${count}`);
      await admin.close();
      const session = await open(`test_${count}`, 'postgres', 'onward');
      if (sql) await session.query(sql);
      return session;
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close().catch(() => {})));
      await server.remove();
    },
  };
}
