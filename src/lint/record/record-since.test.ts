import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../system/index.ts';
import { observeCounters, recordSince, type StatementCounters } from './record-since.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startEmbeddedPostgres({
    isDurable: false,
    settings: { shared_preload_libraries: 'pg_stat_statements' },
  });
  await send(
    'postgres',
    'create extension pg_stat_statements',
    'create table orders (id int primary key, total text)',
    'create role shop login',
    'create role spy login',
    'grant all on orders to shop, spy',
  );
});
afterAll(() => server?.remove());

async function targetOf(user = 'postgres'): Promise<ConnectionTarget> {
  const url = `postgres://${user}@127.0.0.1:${server.port}/postgres`;
  return resolveConnectionTarget({ url, origin: 'the test', environment: {} });
}

async function send(user: string, ...statements: readonly string[]): Promise<void> {
  const session = await system.postgres.connect(await targetOf(user), { applicationName: 'test' });
  for (const statement of statements) await session.query(statement);
  await session.close();
}

async function counters(): Promise<StatementCounters> {
  const session = await system.postgres.connect(await targetOf(), { applicationName: 'onward' });
  try {
    return await observeCounters(session, await targetOf());
  } finally {
    await session.close();
  }
}

const since = async (before: StatementCounters, user = 'postgres') =>
  recordSince(system, await targetOf(user), before.calls);

describe('recordSince()', () => {
  it('gives what was sent since, by whom it may be, and how often since then', async () => {
    await send('shop', 'select id from orders', 'select total from orders');
    const before = await counters();
    await send('shop', 'select total from orders', 'select total from orders', 'select 1', 'begin', 'commit');
    await send('postgres', 'select max(id) from orders');
    const { since: found } = await since(before);
    expect(found.statements.map(({ calls, role, sql }) => [calls, role, sql])).toEqual([
      [2, 'shop', 'select total from orders'],
      [1, 'postgres', 'select max(id) from orders'],
    ]);
    expect(found).toMatchObject({ hidden: 0, unreadable: 0 });
  });

  it('leaves out what Onward puts together itself, and keeps the same text of a client', async () => {
    const before = await counters();
    const verify = 'select count(*) from orders where total is null';
    await send('postgres', `select * from (${verify}\n) as onward_own`);
    await send('postgres', "with onward_own as (select 1) update orders set total = 'x' where id <= 7");
    expect((await since(before)).since.statements).toEqual([]);
    await send('postgres', verify);
    expect((await since(before)).since.statements.map(({ sql }) => sql)).toEqual([verify]);
  });

  it('counts what may not be seen', async () => {
    const asSpy = await (async () => {
      const session = await system.postgres.connect(await targetOf('spy'), { applicationName: 'onward' });
      const found = await observeCounters(session, await targetOf('spy'));
      await session.close();
      return found;
    })();
    expect((await since(asSpy, 'spy')).since.hidden).toBe(0);
    await send('shop', 'select id, total from orders where id = 3');
    expect((await since(asSpy, 'spy')).since.hidden).toBe(1);
  });

  it('tells a reset by its moment', async () => {
    const before = await counters();
    expect((await counters()).resetAt).toBe(before.resetAt);
    await send('postgres', 'select pg_stat_statements_reset()');
    expect((await counters()).resetAt).not.toBe(before.resetAt);
  });
});
