import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, PostgresError, type Session } from '../../../system/index.ts';
import { openScratch, type Scratch } from '../../scratch/scratch.ts';
import { CONTRACT_RULES } from './index.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let scratch: Scratch;
let session: Session;
beforeAll(async () => {
  scratch = await openScratch(system, { server: 15 });
  session = await (await scratch.createDatabase()).connect('rules test');
});
afterAll(async () => {
  await session.close();
  await scratch.close();
});

const ORDERS =
  'create table orders (id bigint primary key, code text, note text not null default $$$$, total numeric(10,2));';
const TAX = "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';";
const MOOD = "create type mood as enum ('sad', 'glad'); create table days (id bigint, mood mood);";
const EVENTS =
  'create table events (id bigint, at int) partition by list (at); create table events_1 partition of events for values in (1);';

/** The rule, what is there, the change, and a statement of the old version that worked before and is refused after it. */
const BREAKS: readonly (readonly [string, string, string, string, string])[] = [
  ['drop-column', ORDERS, 'alter table orders drop column note', 'select note from orders', '42703'],
  ['drop-table', ORDERS, 'drop table orders', 'select 1 from orders', '42P01'],
  ['drop-view', `${ORDERS} create view v as select id from orders;`, 'drop view v', 'select 1 from v', '42P01'],
  ['drop-sequence', 'create sequence s;', 'drop sequence s', "select nextval('s')", '42P01'],
  ['drop-type', "create type mood as enum ('a');", 'drop type mood', "select 'a'::mood", '42704'],
  [
    'drop-schema',
    'create schema audit; create table audit.a ();',
    'drop table audit.a; drop schema audit',
    'create table audit.b ()',
    '3F000',
  ],
  ['drop-extension', 'create extension citext;', 'drop extension citext', "select 'a'::citext", '42704'],
  ['drop-function', TAX, 'drop function tax(numeric)', 'select tax(1)', '42883'],
  [
    'replace-function',
    TAX,
    "create function tax(amount numeric, rate numeric default 1) returns numeric language sql as 'select 1.0'",
    'select tax(1)',
    '42725',
  ],
  [
    'replace-function',
    TAX,
    `drop function tax(numeric); ${TAX.replace('amount numeric', 'net numeric').replace('amount *', 'net *')}`,
    'select tax(amount => 1)',
    '42883',
  ],
  ['rename-column', ORDERS, 'alter table orders rename note to remark', 'select note from orders', '42703'],
  ['rename-table', ORDERS, 'alter table orders rename to purchases', 'select 1 from orders', '42P01'],
  [
    'rename-schema',
    'create schema audit; create table audit.a ();',
    'alter schema audit rename to history',
    'select 1 from audit.a',
    '42P01',
  ],
  ['rename-type', MOOD, 'alter type mood rename to feeling', "select 'sad'::mood", '42704'],
  ['rename-function', TAX, 'alter function tax rename to vat', 'select tax(1)', '42883'],
  ['rename-sequence', 'create sequence s;', 'alter sequence s rename to t', "select nextval('s')", '42P01'],
  [
    'rename-enum-value',
    MOOD,
    "alter type mood rename value 'glad' to 'happy'",
    "insert into days values (1, 'glad')",
    '22P02',
  ],
  [
    'rename-constraint',
    ORDERS,
    'alter table orders rename constraint orders_pkey to o',
    'insert into orders (id) values (1) on conflict on constraint orders_pkey do nothing',
    '42704',
  ],
  [
    'rename-index',
    ORDERS,
    'alter index orders_pkey rename to o',
    'insert into orders (id) values (1) on conflict on constraint orders_pkey do nothing',
    '42704',
  ],
  [
    'change-column-type',
    ORDERS,
    'alter table orders alter note type varchar(2)',
    "insert into orders (id, note) values (1, 'long')",
    '22001',
  ],
  [
    'change-column-type',
    ORDERS,
    'alter table orders alter total type numeric(4,2)',
    'insert into orders (id, total) values (1, 500)',
    '22003',
  ],
  [
    'change-column-type',
    `${ORDERS} prepare q as select id from orders;`,
    'alter table orders alter id type int',
    'execute q',
    '0A000',
  ],
  ['set-not-null', ORDERS, 'alter table orders alter code set not null', 'insert into orders (id) values (1)', '23502'],
  [
    'add-required-column',
    ORDERS,
    'alter table orders add kind text not null',
    'insert into orders (id) values (1)',
    '23502',
  ],
  [
    'add-check',
    ORDERS,
    'alter table orders add check (total > 0) not valid',
    'insert into orders (id, total) values (1, -1)',
    '23514',
  ],
  [
    'add-unique',
    ORDERS,
    'alter table orders add unique (code)',
    "insert into orders (id, code) values (1, 'a'), (2, 'a')",
    '23505',
  ],
  [
    'unique-index',
    ORDERS,
    'create unique index on orders (code)',
    "insert into orders (id, code) values (1, 'a'), (2, 'a')",
    '23505',
  ],
  [
    'add-exclude',
    'create table stays (during int4range);',
    'alter table stays add exclude using gist (during with &&)',
    "insert into stays values ('[1,3]'), ('[2,4]')",
    '23P01',
  ],
  [
    'add-foreign-key',
    `${ORDERS} create table lines (order_id bigint);`,
    'alter table lines add foreign key (order_id) references orders not valid',
    'insert into lines values (7)',
    '23503',
  ],
  [
    'tighten-domain',
    'create domain d as int; create table t (a d);',
    'alter domain d add check (value > 0) not valid',
    'insert into t values (0)',
    '23514',
  ],
  [
    'tighten-domain',
    'create domain d as int; create table t (a d);',
    'alter domain d set not null',
    'insert into t values (null)',
    '23502',
  ],
  [
    'tighten-identity',
    'create table t (id bigint generated by default as identity);',
    'alter table t alter id set generated always',
    'insert into t values (1)',
    '428C9',
  ],
  ['drop-default', ORDERS, 'alter table orders alter note drop default', 'insert into orders (id) values (1)', '23502'],
  [
    'drop-identity',
    'create table t (id bigint generated always as identity, a int);',
    'alter table t alter id drop identity',
    'insert into t (a) values (1)',
    '23502',
  ],
  [
    'change-sequence',
    'create sequence s;',
    'alter sequence s maxvalue 2; select nextval($$s$$), nextval($$s$$)',
    "select nextval('s')",
    '2200H',
  ],
  [
    'drop-unique',
    ORDERS,
    'alter table orders drop constraint orders_pkey',
    'insert into orders (id) values (1) on conflict (id) do nothing',
    '42P10',
  ],
  [
    'enable-row-security',
    ORDERS,
    'alter table orders enable row level security; alter table orders force row level security; create role app; grant all on orders to app; set local role app',
    'insert into orders (id) values (1)',
    '42501',
  ],
  [
    'revoke',
    `${ORDERS} create role app; grant select on orders to app;`,
    'revoke select on orders from app; set local role app',
    'select 1 from orders',
    '42501',
  ],
  [
    'set-schema',
    `${ORDERS} create schema audit;`,
    'alter table orders set schema audit',
    'select 1 from orders',
    '42P01',
  ],
  [
    'detach-partition',
    EVENTS,
    'alter table events detach partition events_1',
    'insert into events values (1, 1)',
    '23514',
  ],
  [
    'attach-partition',
    `${EVENTS} create table archive (id bigint, at int);`,
    'alter table events attach partition archive for values in (2)',
    'insert into archive values (1, 3)',
    '23514',
  ],
  [
    'alter-composite',
    'create type place as (x int, y int);',
    'alter type place add attribute z int',
    'select row(1, 2)::place',
    '42846',
  ],
  [
    'alter-composite',
    'create type place as (x int, y int);',
    'alter type place drop attribute y',
    'select (null::place).y',
    '42703',
  ],
];

/** The SQLSTATE with which the statement is refused, and nothing of what was done stays. */
async function refusal(sql: string): Promise<string | undefined> {
  try {
    await session.query(`begin; ${sql}`);
    return undefined;
  } catch (error) {
    if (error instanceof PostgresError) return error.code;
    throw error;
  } finally {
    await session.query('rollback; deallocate all');
  }
}

describe('what a contract rule says of the old version', () => {
  it.each(BREAKS)('is so: %s', async (id, before, change, old, code) => {
    expect(CONTRACT_RULES.find((rule) => rule.id === id)?.why).toContain(code);
    expect(await refusal(`${before}; ${old}`)).toBeUndefined();
    expect(await refusal(`${before}; ${change}`)).toBeUndefined();
    expect(await refusal(`${before}; ${change}; ${old}`)).toBe(code);
  });
});
