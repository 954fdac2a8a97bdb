import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { assertDirectConnection } from './direct-connection.ts';
import { failure, startTestServer, type TestDatabase, type TestServer, targetOf, until } from './test-support.ts';

let servers: TestServer;
let database: TestDatabase;
beforeAll(async () => {
  servers = await startTestServer();
  database = await servers.createDatabase();
});
afterAll(() => servers.close());

/** A server session of the pool, and whether a client is at it. */
interface Pooled {
  readonly socket: Socket;
  client: Socket | undefined;
}

/**
 * A pooler in transaction mode: it answers start-ups itself and lends a server session for each transaction, going round robin or always
 * giving the one that was last used.
 */
async function startPooler(
  order: 'last-used' | 'round-robin',
  size: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const pool: Pooled[] = [];
  let greeting = Buffer.alloc(0);
  for (let index = 0; index < size; index += 1) {
    const opened = await openServerSession();
    greeting = opened.greeting;
    const pooled: Pooled = { socket: opened.socket, client: undefined };
    pool.push(pooled);
    let rest = Buffer.alloc(0);
    pooled.socket.on('data', (data) => {
      pooled.client?.write(data);
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 5 && rest.length >= rest.readInt32BE(1) + 1) {
        const length = rest.readInt32BE(1) + 1;
        // ReadyForQuery outside of a transaction: the session goes back to the pool.
        if (rest[0] === 0x5a && rest[5] === 0x49) {
          pooled.client = undefined;
          pool.splice(pool.indexOf(pooled), 1);
          if (order === 'last-used') pool.unshift(pooled);
          else pool.push(pooled);
        }
        rest = rest.subarray(length);
      }
    });
  }
  const clients: Socket[] = [];
  const server: Server = createServer((client) => {
    clients.push(client);
    let isStarted = false;
    client.on('data', (data) => {
      if (!isStarted) {
        // SSLRequest is declined; the start-up itself is answered with what a real session was greeted with.
        if (data.readInt32BE(4) === 80_877_103) client.write('N');
        else {
          isStarted = true;
          client.write(greeting);
        }
        return;
      }
      if (data[0] === 0x58) return;
      const lent =
        pool.find((pooled) => pooled.client === client) ?? pool.find((pooled) => pooled.client === undefined);
      if (!lent) throw new Error('The pool is empty');
      lent.client = client;
      lent.socket.write(data);
    });
    client.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async close() {
      for (const socket of [...clients, ...pool.map((pooled) => pooled.socket)]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Starts a session by the protocol and gives all that the server says until it is ready. */
async function openServerSession(): Promise<{ readonly socket: Socket; readonly greeting: Buffer<ArrayBuffer> }> {
  const socket = connect(servers.server.port, '127.0.0.1');
  const body = Buffer.from(`\0\x03\0\0user\0postgres\0database\0${database.name}\0\0`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  socket.write(Buffer.concat([length, body]));
  let greeting = Buffer.alloc(0);
  while (!greeting.subarray(-6).equals(Buffer.from('Z\0\0\0\x05I', 'latin1'))) {
    const data = await new Promise<Buffer>((resolve, reject) => socket.once('data', resolve).once('error', reject));
    greeting = Buffer.concat([greeting, data]);
  }
  return { socket, greeting };
}

describe('assertDirectConnection()', () => {
  it('accepts sessions of the server itself', async () => {
    const sessions = [await database.connect(), await database.connect(), await database.connect()];
    await assertDirectConnection(servers.system, sessions);
    const { rows } = await (sessions[0] as Session).query(`select from pg_locks where locktype = 'advisory'`);
    expect(rows).toEqual([]);
  });

  it.each([
    ['last-used', 1],
    ['last-used', 3],
    ['round-robin', 2],
    ['round-robin', 3],
  ] as const)('refuses a pooler that shares server sessions: %s of %i', async (order, size) => {
    const pooler = await startPooler(order, size);
    try {
      const target = await targetOf(`postgres://postgres@127.0.0.1:${pooler.port}/${database.name}`);
      const open = () => servers.system.postgres.connect(target, { applicationName: 'test' });
      const sessions = [await open(), await open(), await open()];
      const error = await failure<OnwardError>(assertDirectConnection(servers.system, sessions));
      expect(error).toMatchObject({ code: 'migrate.pooled-connection', state: 'unchanged', exit: 2 });
      expect(error.hint).toContain('Connect to the server itself');
      const applying = database.apply({ '0001_a.sql': 'create table never ();' }, { target });
      expect((await failure<OnwardError>(applying)).code).toBe('migrate.pooled-connection');
    } finally {
      await pooler.close();
    }
    const session = await database.connect();
    // The server takes a moment to notice that a session's socket is closed.
    await until('the probes of closed sessions to be gone', async () => {
      const { rows } = await session.query(`select from pg_locks where locktype = 'advisory'`);
      return rows.length === 0;
    });
    const { rows } = await session.query(
      `select to_regclass('never') as never, to_regclass('onward.ledger') as ledger`,
    );
    expect(rows).toEqual([{ never: null, ledger: null }]);
  });
});
