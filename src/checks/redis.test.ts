import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts';
import { createSystem } from '../system/index.ts';
import { createChecker } from './checker.ts';

const PASSWORD = 'pass word\r\nwith "ends"';
let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis('plain-password');
});

afterAll(() => redis.stop());

describe('check redis', () => {
  const system = createSystem({ environment: process.env, onEvent: () => {} });
  const look = (password: string | undefined) => {
    const checker = createChecker(system, { databases: new Map(), resolveSecret: async () => password ?? '' });
    return checker.observe({
      ...{ name: 'cache', kind: 'redis', timeoutMs: 30_000, host: '127.0.0.1', port: redis.port },
      ...(password === undefined ? {} : { password: { from: 'env', name: 'CACHE_PASSWORD' } }),
    });
  };

  it('sends the password before it asks', async () => {
    expect(await look('plain-password')).toMatchObject({ ok: true, evidence: expect.stringContaining('PONG') });
  });

  it('says that a password is missing', async () => {
    expect(await look(undefined)).toMatchObject({ ok: false, evidence: expect.stringContaining('the error NOAUTH') });
  });

  it('says that the password is wrong, whatever characters it has, and does not show it', async () => {
    const observation = await look(PASSWORD);
    expect(observation).toMatchObject({ ok: false, evidence: expect.stringContaining('the error WRONGPASS') });
    expect(observation.evidence).not.toContain('ends');
  });
});
