import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSchema } from '../schema/index.ts';
import { loadSqlParser, type Session } from '../system/index.ts';
import { type Contraction, findContraction } from './find-contraction.ts';
import { collectWords } from './named-words.ts';
import { startTestServer, type TestServer } from './test-support.ts';

const SHOP = `
create table customer (id bigint primary key, name text, "Old Name" text);
create table orders (id bigserial primary key, customer bigint references customer (id), total text, lines jsonb);
create index on orders (customer, total);
create view totals as select id, total from orders;
create function sum_of(orders) returns text language sql as 'select $1.total';
create table event (id bigint, at date) partition by range (at);
create table event_1 partition of event for values from ('2020-01-01') to ('2021-01-01');
`;

let server: TestServer;
let session: Session;
beforeAll(async () => {
  server = await startTestServer();
  session = await server.createDatabase(SHOP);
});
afterAll(() => server.close());

async function contract(sql: string): Promise<Contraction> {
  const parser = await loadSqlParser();
  const before = await loadSchema(session);
  await session.query('begin');
  try {
    await session.query(sql);
    return findContraction({ before, after: await loadSchema(session), words: collectWords(parser, sql, 'a file') });
  } finally {
    await session.query('rollback');
  }
}

const unnamed = ({ changes }: Contraction) => changes.filter(({ isNamed }) => !isNamed).map(({ name }) => name);

describe('findContraction()', () => {
  it('lists the tables and columns that go', async () => {
    const found = await contract('alter table orders drop column lines; alter table customer drop column "Old Name";');
    expect(found.doomed).toEqual([
      { kind: 'column', schema: 'public', table: 'customer', column: 'Old Name' },
      { kind: 'column', schema: 'public', table: 'orders', column: 'lines' },
    ]);
    expect(unnamed(found)).toEqual([]);
  });

  it('lists what goes without being named, by CASCADE', async () => {
    const found = await contract('alter table orders drop column total cascade;');
    expect(unnamed(found)).toEqual(['public.totals']);
    const wider = await contract('drop table customer cascade;');
    expect(wider.doomed).toEqual([{ kind: 'table', schema: 'public', table: 'customer' }]);
    expect(unnamed(wider)).toEqual(['public.orders.orders_customer_fkey']);
  });

  it('takes for named what a DO block names, and what belongs to what is named', async () => {
    const block = await contract(`do $$ begin execute 'alter table orders drop column lines'; end $$;`);
    expect(block.doomed).toHaveLength(1);
    expect(unnamed(block)).toEqual([]);
    expect(unnamed(await contract('drop table event;'))).toEqual([]);
    expect(unnamed(await contract('drop function sum_of; drop view totals; drop table orders;'))).toEqual([]);
  });

  it('does not take a comment for a name', async () => {
    const found = await contract('alter table orders drop column total cascade; -- and totals');
    expect(unnamed(found)).toEqual(['public.totals']);
  });

  it('lists what is tightened, and nothing that is new', async () => {
    const found = await contract('alter table orders alter column lines set not null; create table fresh (id int);');
    expect(found.doomed).toEqual([]);
    expect(found.changes.map(({ name, change }) => [name, change])).toEqual([['public.orders.lines', 'changed']]);
  });
});
