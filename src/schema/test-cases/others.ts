import type { DdlCase } from './ddl-case.ts';

/** Sequences, types, routines, privileges and the rest. */
export const OTHER_CASES: readonly DdlCase[] = [
  { sql: 'create sequence numbers', changes: ['none - sequence public.numbers added'] },
  { sql: 'drop sequence ticket', changes: ['breaks C7 sequence public.ticket removed'] },
  { sql: 'alter sequence ticket increment 5', changes: ['breaks C7 sequence public.ticket increment'] },
  {
    sql: 'alter sequence ticket as integer maxvalue 1000 cycle',
    changes: [
      'breaks C7 sequence public.ticket type',
      'breaks C7 sequence public.ticket maximum',
      'breaks C7 sequence public.ticket cycle',
    ],
  },
  { sql: 'alter sequence ticket cache 10', changes: ['none - sequence public.ticket cache'] },
  { sql: 'alter sequence ticket owned by archive.id', changes: ['none - sequence public.ticket owned by'] },
  { sql: 'alter sequence ticket rename to coupon', changes: ['breaks C3 sequence public.ticket name'] },
  { sql: 'alter sequence orders_id_seq maxvalue 500', changes: ['breaks C7 sequence public.orders_id_seq maximum'] },
  {
    sql: `alter type mood add value 'furious'`,
    changes: ['visible C13 type public.mood values'],
    notUndone: ['breaks C13 type public.mood values'],
  },
  {
    sql: `alter type mood add value 'angry' before 'ok'`,
    changes: ['visible C13 type public.mood values'],
    notUndone: ['breaks C13 type public.mood values'],
  },
  {
    sql: `alter type mood rename value 'ok' to 'fine'`,
    changes: ['breaks C3 type public.mood values', 'breaks C7 column public.customer.mood default'],
  },
  {
    sql: `alter table customer drop column mood; drop type mood; create type mood as enum ('ok', 'sad')`,
    changes: ['breaks C13 type public.mood values', 'breaks C1 column public.customer.mood removed'],
    notRepaired: ['breaks C13 type public.mood values'],
    notUndone: ['breaks C13 type public.mood values', 'breaks C11 table public.customer column order'],
  },
  { sql: 'alter type mood rename to temper', changes: ['breaks C3 type public.mood name'] },
  {
    sql: 'alter domain positive add constraint small check (value < 100)',
    changes: ['breaks C6 domain constraint public.positive.small added'],
  },
  {
    sql: 'alter domain positive add constraint small check (value < 100) not valid',
    changes: ['breaks C6 domain constraint public.positive.small added'],
  },
  {
    sql: 'alter domain positive drop constraint positive_check',
    changes: ['visible C6 domain constraint public.positive.positive_check removed'],
  },
  { sql: 'alter domain positive set not null', changes: ['breaks C6 type public.positive not null'] },
  { sql: 'alter domain positive set default 1', changes: ['visible C7 type public.positive default'] },
  { sql: `create type shape as enum ('round', 'square')`, changes: ['none - type public.shape added'] },
  {
    sql: `create domain label as text collate "C" default 'x' not null check (value <> '')`,
    changes: ['none - type public.label added'],
  },
  { sql: 'create type point3 as (x float8, y float8, z float8)', changes: ['none - type public.point3 added'] },
  { sql: 'create type dates as range (subtype = date)', changes: ['none - type public.dates added'] },
  { sql: 'drop type span', changes: ['breaks C2 type public.span removed'] },
  {
    sql: 'alter type address add attribute city text cascade',
    changes: ['visible C14 attribute public.address.city added'],
  },
  {
    sql: 'alter type address drop attribute zip cascade',
    changes: ['breaks C14 attribute public.address.zip removed'],
  },
  { sql: 'alter type box2 alter attribute w type bigint', changes: ['breaks C14 attribute public.box2.w type'] },
  {
    sql: `create function add(a text, b text) returns text language sql as 'select a || b'`,
    changes: ['visible C10 routine public.add(text, text) added'],
  },
  {
    sql: `create function mul(a integer, b integer) returns integer language sql as 'select a * b'`,
    changes: ['none - routine public.mul(integer, integer) added'],
  },
  {
    sql: `create or replace function add(a integer, b integer default 2) returns integer language sql immutable as 'select b + a'`,
    changes: ['visible C10 routine public.add(integer, integer) body'],
  },
  {
    sql: `create or replace function add(a integer, b integer default 3) returns integer language sql immutable as 'select a + b'`,
    changes: ['visible C10 routine public.add(integer, integer) arguments'],
  },
  {
    sql: `create or replace function add(a integer, b integer default 2) returns integer language sql stable strict as 'select a + b'`,
    changes: [
      'visible C10 routine public.add(integer, integer) strict',
      'visible C10 routine public.add(integer, integer) volatility',
    ],
  },
  {
    sql: `drop function add(integer, integer); create function add(a integer, b integer) returns integer language sql immutable as 'select a + b'`,
    changes: ['breaks C10 routine public.add(integer, integer) arguments'],
  },
  {
    sql: `drop function add(integer, integer); create function add(x integer, y integer default 2) returns integer language sql immutable as 'select x + y'`,
    changes: [
      'breaks C10 routine public.add(integer, integer) arguments',
      'visible C10 routine public.add(integer, integer) body',
    ],
  },
  {
    sql: `drop function add(integer, integer); create function add(a integer, b integer default 2) returns bigint language sql immutable as 'select (a + b)::bigint'`,
    changes: [
      'breaks C10 routine public.add(integer, integer) result',
      'visible C10 routine public.add(integer, integer) body',
    ],
  },
  { sql: 'drop function add(integer, integer)', changes: ['breaks C10 routine public.add(integer, integer) removed'] },
  {
    sql: 'alter function add(integer, integer) security definer',
    changes: ['visible C10 routine public.add(integer, integer) security'],
  },
  {
    sql: 'alter function add(integer, integer) set search_path = public',
    changes: ['visible C10 routine public.add(integer, integer) settings'],
  },
  {
    sql: 'alter function add(integer, integer) cost 5',
    changes: ['none - routine public.add(integer, integer) definition'],
  },
  {
    sql: 'alter function add(integer, integer) rename to plus',
    changes: ['breaks C3 routine public.add(integer, integer) name'],
  },
  {
    sql: 'alter table archive alter column id set default add(1); alter function add(integer, integer) rename to plus',
    changes: ['visible C7 column public.archive.id default', 'breaks C3 routine public.add(integer, integer) name'],
  },
  {
    sql: `create or replace procedure tidy() language sql as 'select 2'`,
    changes: ['visible C10 routine public.tidy() body'],
  },
  { sql: 'drop aggregate total(integer)', changes: ['breaks C10 routine public.total(integer) removed'] },
  {
    sql: 'create aggregate highest(integer) (sfunc = int4larger, stype = integer)',
    changes: ['none - routine public.highest(integer) added'],
  },
  { sql: 'revoke insert on customer from app', changes: ['breaks C10 privileges public.customer privileges'] },
  { sql: 'revoke update (name) on customer from app', changes: ['breaks C10 privileges public.customer.name removed'] },
  { sql: 'grant delete on customer to app', changes: ['none - privileges public.customer privileges'] },
  { sql: 'grant select on orders to reader with grant option', changes: ['none - privileges public.orders added'] },
  {
    sql: 'grant select on customer to app with grant option',
    changes: ['none - privileges public.customer privileges'],
  },
  { sql: 'revoke usage on sequence ticket from app', changes: ['breaks C10 privileges public.ticket removed'] },
  {
    sql: 'revoke execute on function add(integer, integer) from public',
    changes: ['breaks C10 privileges public.add(integer, integer) removed'],
  },
  { sql: 'grant usage on schema extra to app', changes: ['none - privileges extra added'] },
  { sql: 'revoke usage on type mood from public', changes: ['breaks C10 privileges public.mood removed'] },
  {
    sql: 'alter default privileges in schema public grant select on tables to app',
    changes: ['none - default privileges tables of postgres in public added'],
  },
  {
    sql: 'create statistics archive_stats on id, at from archive',
    changes: ['none - statistics public.archive_stats added'],
  },
  { sql: 'drop statistics customer_stats', changes: ['none - statistics public.customer_stats removed'] },
  { sql: 'create extension citext', changes: ['none - extension citext added'] },
  {
    sql: 'alter table extra."Odd Name" rename column "Select" to "From"',
    changes: ['breaks C3 column extra."Odd Name"."Select" name'],
  },
  {
    sql: 'alter table extra."Odd Name" add column "New Col" integer default 3; create index "Odd Index" on extra."Odd Name" ("Select")',
    changes: ['visible C11 column extra."Odd Name"."New Col" added', 'none - index extra."Odd Name"."Odd Index" added'],
  },
  { sql: `comment on table customer is 'people'; alter table customer owner to app`, changes: [] },
  {
    sql: `create table a (id integer primary key, kind mood, n integer default add(1)); create view b as select id, kind from a; create view ab as select * from b; create function c() returns setof a language sql stable as 'select * from public.a'; grant select on b to reader`,
    changes: [
      'none - table public.a added',
      'none - view public.ab added',
      'none - view public.b added',
      'none - routine public.c() added',
    ],
  },
  {
    sql: `create table parts (id integer, region text, primary key (id, region)) partition by list (region); create table parts_eu partition of parts for values in ('eu') partition by range (id); create table parts_eu_1 partition of parts_eu default; create index parts_region on parts (region)`,
    changes: [
      'none - table public.parts added',
      'none - table public.parts_eu added',
      'none - table public.parts_eu_1 added',
    ],
  },
  {
    sql: 'create table locked (id integer primary key, owner text not null) with (fillfactor = 80); alter table locked enable row level security; alter table locked force row level security; create policy mine on locked as restrictive for all to app, reader using (owner = current_user) with check (true); create trigger t after insert on locked for each statement execute function touch(); alter table locked enable always trigger t; grant select (id) on locked to reader',
    changes: ['none - table public.locked added'],
  },
];
