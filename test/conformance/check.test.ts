import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChecker } from '../../src/checks/index.ts';
import type { Check } from '../../src/model/index.ts';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { type FullListener, startFullListener } from '../support/full-listener.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

const SECRET = 'correct-horse-battery';
const LIMIT_MS = 30_000;
/** For what never answers. */
const SHORT_LIMIT_MS = 400;

/** One kind of check: against a target that is well, one that nobody answers for, one that never answers, one that says no. */
interface Member {
  readonly kind: Check['kind'];
  readonly well: () => Check;
  readonly dead: () => Check;
  readonly silent: () => Check;
  readonly refusing: () => Check;
}

const system = createSystem({ environment: process.env, onEvent: () => {} });
const databases = new Map();
const resolveSecret = async () => SECRET;
let postgres: EmbeddedPostgres;
let redis: RedisServer;
let full: FullListener;
// Accepts connections and says nothing; also what a frozen database or Redis looks like.
const silent = createServer((socket) => socket.on('error', () => {}));
const web = createHttpServer((request, response) => {
  response.statusCode = request.url?.startsWith('/no') ? 503 : 200;
  response.end(`the token is ${SECRET}`);
});
const portOf = (server: typeof silent) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  web.listen(0, '127.0.0.1');
  postgres = await startEmbeddedPostgres({ isDurable: false });
  redis = await startRedis(SECRET);
  full = await startFullListener();
  const target = (port: number) =>
    resolveConnectionTarget({
      url: `postgres://postgres:${SECRET}@127.0.0.1:${port}/postgres?sslmode=disable`,
      origin: 'test',
      environment: {},
    });
  databases.set('well', await target(postgres.port));
  databases.set('dead', await target(1));
  databases.set('silent', await target(portOf(silent)));
});

afterAll(async () => {
  await postgres.remove();
  await redis.stop();
  full.stop();
  web.close();
  silent.close();
});

const http = (port: number, path = '/'): Check => ({
  name: 'web',
  kind: 'http',
  timeoutMs: LIMIT_MS,
  method: 'POST',
  url: `http://user:${SECRET}@127.0.0.1:${port}${path}?token=${SECRET}`,
  headers: { authorization: `Bearer ${SECRET}` },
  body: SECRET,
  expect: {},
  unchanged: false,
});
const sql = (database: string, query = 'select 1'): Check => ({
  ...{ name: 'orders', kind: 'sql', timeoutMs: LIMIT_MS, database, query, unchanged: false },
});
const command = (...argv: string[]): Check => ({
  ...{ name: 'tool', kind: 'command', timeoutMs: LIMIT_MS, argv, expect: { exit: 0 } },
});
const tcp = (port: number): Check => ({ name: 'port', kind: 'tcp', timeoutMs: LIMIT_MS, host: '127.0.0.1', port });
const cache = (port: number): Check => ({
  ...{ name: 'cache', kind: 'redis', timeoutMs: LIMIT_MS, host: '127.0.0.1', port },
  password: { from: 'text', value: SECRET },
});
const short = (check: Check): Check => ({ ...check, timeoutMs: SHORT_LIMIT_MS });

const members: readonly Member[] = [
  {
    kind: 'http',
    well: () => http(portOf(web)),
    dead: () => http(1),
    silent: () => short(http(portOf(silent))),
    refusing: () => http(portOf(web), '/no'),
  },
  {
    kind: 'sql',
    well: () => sql('well'),
    dead: () => sql('dead'),
    silent: () => short(sql('silent')),
    refusing: () => sql('well', `select '${SECRET}' from nowhere`),
  },
  {
    kind: 'tcp',
    well: () => tcp(portOf(web)),
    dead: () => tcp(1),
    silent: () => short(tcp(full.port)),
    refusing: () => tcp(2),
  },
  {
    kind: 'command',
    well: () => command('true'),
    dead: () => command('/nowhere/at-all', SECRET),
    silent: () => short(command('sleep', '60')),
    refusing: () => command('sh', '-c', `echo ${SECRET}; echo ${SECRET} >&2; exit 3`),
  },
  {
    kind: 'redis',
    well: () => cache(redis.port),
    dead: () => cache(1),
    silent: () => short(cache(portOf(silent))),
    refusing: () => cache(portOf(web)),
  },
];

describe.each(members)('check $kind', (member) => {
  const checker = createChecker(system, { databases, resolveSecret });

  it('is ok for a target that is well, and says what it saw and how long it took', async () => {
    const check = member.well();
    const observation = await checker.observe(check);
    expect(observation).toMatchObject({ name: check.name, ok: true });
    expect(observation.evidence).not.toBe('');
    expect(observation.durationMs).toBeGreaterThanOrEqual(0);
  });

  it.each(['dead', 'silent', 'refusing'] as const)(
    'observes a %s target as not ok, without an error',
    async (which) => {
      const observation = await checker.observe(member[which]());
      expect(observation.ok).toBe(false);
      expect(observation.evidence.length).toBeGreaterThan(10);
      expect(observation.value).toBeUndefined();
    },
  );

  it('gives up at its limit', async () => {
    const { durationMs } = await checker.observe(member.silent());
    expect(durationMs).toBeLessThan(20_000);
  });

  it('shows no secret, whatever happens', async () => {
    for (const which of ['well', 'dead', 'silent', 'refusing'] as const) {
      const { evidence } = await checker.observe(member[which]());
      expect(evidence).not.toContain(SECRET);
    }
  });
});
