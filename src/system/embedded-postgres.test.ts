import { describe, expect, it } from 'vitest';
import { createSystem, resolveConnectionTarget, startEmbeddedPostgres } from './index.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });

describe('startEmbeddedPostgres()', () => {
  it('serves a database that outlives a restart', async () => {
    const server = await startEmbeddedPostgres();
    try {
      const target = await resolveConnectionTarget({ url: `${server.url}/postgres`, origin: 'test', environment: {} });
      const first = await system.postgres.connect(target, { applicationName: 'test' });
      await first.query('create table kept (n int)');
      await server.stop();
      await server.start();
      const second = await system.postgres.connect(target, { applicationName: 'test' });
      expect((await second.query('select count(*)::int as n from kept')).rows).toEqual([{ n: 0 }]);
      expect(second.serverVersion).toBeGreaterThanOrEqual(150000);
      await second.close();
      expect(first.isLost).toBe(true);
    } finally {
      await server.remove();
    }
  });
});
