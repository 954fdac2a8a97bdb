import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createSystem, resolveConnectionTarget, startEmbeddedPostgres } from './index.ts';

const { postgres } = createSystem({ environment: {}, onEvent: () => {} });

describe('postgres.connect()', () => {
  it('is tried again when the server goes away while the connection is made', async () => {
    const server = await startEmbeddedPostgres({ isDurable: false });
    let count = 0;
    const front = createServer((client) => {
      client.on('error', () => {});
      count += 1;
      // As a server that is stopped: what was begun ends without an answer.
      if (count === 1) return void client.once('data', () => client.destroy());
      const behind = connect(server.port, '127.0.0.1');
      behind.on('error', () => {});
      client.pipe(behind).pipe(client);
    });
    try {
      await once(front.listen(0, '127.0.0.1'), 'listening');
      const url = `postgres://postgres@127.0.0.1:${(front.address() as AddressInfo).port}/postgres?sslmode=disable`;
      const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
      await expect(postgres.connect(target, { applicationName: 'test', retryForMs: 0 })).rejects.toMatchObject({
        code: 'postgres.unreachable',
      });
      count = 0;
      const session = await postgres.connect(target, { applicationName: 'test' });
      expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect(count).toBe(2);
      await session.close();
    } finally {
      front.close();
      await server.remove();
    }
  });
});
