import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../../../system/index.ts';
import { ORDERS, TOTAL } from '../test-support.ts';
import { namesDoomed } from './names-doomed.ts';

describe('namesDoomed()', () => {
  let parser: SqlParser;
  beforeAll(async () => {
    parser = await loadSqlParser();
  });

  it.each([
    'select total from orders',
    'select * from public.orders o join lines l on l.o = o.id',
    'select o from orders as o',
    'select orders from orders',
    'select id from orders where total > $1',
    'select id from orders join other using (total)',
    'select id from orders natural join other',
    'insert into orders values (1, 2)',
    'insert into orders (id, total) values (1, 2)',
    'insert into orders (id) values (1) on conflict (id) do update set total = 3',
    'insert into orders (id) values (1) returning *',
    'update orders set total = 1 where id = 2',
    'with x as (select total from orders) select 1 from x',
    'merge into orders using x on true when matched then update set total = 1',
    'copy orders to stdout',
    'copy orders (id, total) from stdin',
    'copy (select total from orders) to stdout',
    'create index on orders (total)',
    "prepare p as select total from orders where note = 'cut off by the ser",
  ])('says yes for the column in %s', (sql) => {
    expect(namesDoomed(parser, sql, [TOTAL])).toBe(true);
    expect(namesDoomed(parser, sql, [ORDERS])).toBe(true);
  });

  it.each([
    'select id, note from orders',
    'select count(*) from orders',
    'select id as total from orders',
    'update orders set note = $1 returning id as total',
    'insert into orders (id, note) values (1, 2)',
    'copy orders (id) to stdout',
    'delete from orders where id = 1',
  ])('says no for the column, and yes for the table, in %s', (sql) => {
    expect(namesDoomed(parser, sql, [TOTAL])).toBe(false);
    expect(namesDoomed(parser, sql, [ORDERS])).toBe(true);
  });

  it.each([
    'select total from invoices',
    'select total from archive.orders',
    'commit',
    "select 'orders'",
    'select * from "Orders"',
  ])('says no in %s', (sql) => {
    expect(namesDoomed(parser, sql, [TOTAL])).toBe(false);
    expect(namesDoomed(parser, sql, [ORDERS])).toBe(false);
  });
});
