import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../model/index.ts';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../system/index.ts';
import { createChecker } from './checker.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
const databases = new Map();
const checker = createChecker(system, { databases, resolveSecret: async () => 'unused' });
const server = createServer((request, response) => {
  response.statusCode = request.url === '/gone' ? 404 : request.url === '/moved' ? 302 : 200;
  response.end(`${request.method} says hello`);
});
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  postgres = await startEmbeddedPostgres({ isDurable: false });
  const target = await resolveConnectionTarget({ url: `${postgres.url}/postgres`, origin: 'test', environment: {} });
  databases.set('core', target);
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  await session.query('create table orders (total int); insert into orders values (20), (22)');
  await session.close();
});

afterAll(async () => {
  server.close();
  await postgres.remove();
});

describe('check http', () => {
  const look = (path: string, more: Partial<Extract<Check, { kind: 'http' }>> = {}) =>
    checker.observe({
      ...{ name: 'page', kind: 'http', timeoutMs: 30_000, method: 'GET', headers: {}, expect: {}, unchanged: false },
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
      ...more,
    });

  it('takes 200 to 299 for well unless a status is expected', async () => {
    expect(await look('/')).toMatchObject({ ok: true });
    expect(await look('/gone')).toMatchObject({ ok: false, evidence: expect.stringContaining('answered 404') });
    expect(await look('/moved')).toMatchObject({ ok: false });
    expect(await look('/gone', { expect: { status: 404 } })).toMatchObject({ ok: true });
    expect(await look('/', { expect: { status: 204 } })).toMatchObject({ ok: false });
  });

  it('looks for the expected text in the body', async () => {
    expect(await look('/', { method: 'POST', expect: { bodyIncludes: 'POST says' } })).toMatchObject({ ok: true });
    expect(await look('/', { expect: { bodyIncludes: 'goodbye' } })).toMatchObject({ ok: false });
  });

  it('keeps the body as the value when it must not change', async () => {
    expect((await look('/', { unchanged: true })).value).toBe('GET says hello');
    expect((await look('/')).value).toBeUndefined();
  });
});

describe('check sql', () => {
  const look = (query: string, more: Partial<Extract<Check, { kind: 'sql' }>> = {}) =>
    checker.observe({
      ...{ name: 'orders', kind: 'sql', timeoutMs: 30_000, database: 'core', query, unchanged: false },
      ...more,
    });

  it('compares the single value as text', async () => {
    expect(await look('select sum(total) from orders', { expect: '42' })).toMatchObject({ ok: true });
    expect(await look('select count(*) = 2 from orders;', { expect: 'true' })).toMatchObject({ ok: true });
    expect(await look('select sum(total) from orders -- all', { expect: '41' })).toMatchObject({
      ok: false,
      evidence: 'the query gives 42, and 41 is expected',
    });
    expect(await look('select null', { expect: 'null' })).toMatchObject({ ok: true });
  });

  it('keeps the value when it must not change', async () => {
    expect((await look('select sum(total) from orders', { unchanged: true })).value).toBe('42');
  });

  it.each([
    ['no row', 'select total from orders where false', 'the query gives no row'],
    ['several rows', 'select total from orders', 'the query gives more than one row'],
    ['several columns', 'select 1 as a, 2 as a', 'the query gives 2 columns, not one'],
  ])('refuses %s', async (_title, query, evidence) => {
    expect(await look(query)).toMatchObject({ ok: false, evidence });
  });

  it.each([
    'select 1; delete from orders',
    'select 1; commit; delete from orders',
    'delete from orders',
    'with gone as (delete from orders returning 1) select 1 from gone limit 1',
    'commit',
  ])('changes nothing with %s', async (query) => {
    expect(await look(query)).toMatchObject({ ok: false });
    expect(await look('select count(*) from orders', { expect: '2' })).toMatchObject({ ok: true });
  });

  it('cannot write through a function that the query calls', async () => {
    const session = await system.postgres.connect(databases.get('core'), { applicationName: 'test' });
    await session.query(
      'create or replace function clear() returns int language sql as $$ delete from orders returning 1 $$',
    );
    await session.close();
    const observation = await look('select clear()');
    expect(observation).toMatchObject({ ok: false, evidence: expect.stringContaining('read-only') });
  });

  it('is ended by the server at its limit', async () => {
    const observation = await look('select pg_sleep(30)', { timeoutMs: 300 });
    expect(observation.ok).toBe(false);
    expect(observation.durationMs).toBeLessThan(20_000);
    const running = `select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active' and pid <> pg_backend_pid()`;
    expect(await look(running, { expect: '0' })).toMatchObject({ ok: true });
  });

  it('says that a database is not declared', async () => {
    expect(await look('select 1', { database: 'other' })).toMatchObject({
      ok: false,
      evidence: 'there is no database other in the deployment',
    });
  });
});

describe('check command', () => {
  const look = (
    argv: readonly string[],
    expected: { exit: number; stdoutIncludes?: string } = { exit: 0 },
    timeoutMs = 30_000,
  ) => checker.observe({ name: 'tool', kind: 'command', timeoutMs, argv, expect: expected });

  it('compares the exit code and looks for the expected text on standard output', async () => {
    expect(await look(['sh', '-c', 'exit 4'], { exit: 4 })).toMatchObject({ ok: true });
    expect(await look(['sh', '-c', 'exit 4'])).toMatchObject({
      ok: false,
      evidence: expect.stringContaining('with 4'),
    });
    expect(await look(['echo', 'all well'], { exit: 0, stdoutIncludes: 'well' })).toMatchObject({ ok: true });
    expect(await look(['echo', 'all well'], { exit: 0, stdoutIncludes: 'ill' })).toMatchObject({ ok: false });
  });

  it('is run without a shell', async () => {
    expect(await look(['echo', '$HOME; exit 1'], { exit: 0, stdoutIncludes: '$HOME; exit 1' })).toMatchObject({
      ok: true,
    });
  });

  it('kills the program with all its children at the limit', async () => {
    const observation = await look(['sh', '-c', 'sleep 31.25 & sleep 31.25 & wait'], { exit: 0 }, 500);
    expect(observation).toMatchObject({ ok: false, evidence: expect.stringContaining('was killed') });
    expect(observation.durationMs).toBeLessThan(20_000);
    const { stdout } = await system.exec.run(['ps', '-eo', 'args'], { timeoutMs: 5_000 });
    expect(stdout).not.toContain('sleep 31.25');
  });
});
