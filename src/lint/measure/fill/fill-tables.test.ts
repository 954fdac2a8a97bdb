import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, type Session } from '../../../system/index.ts';
import { openScratch, type Scratch } from '../../scratch/scratch.ts';
import { type FillReport, fillTables } from './fill-tables.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let scratch: Scratch;
let session: Session;

beforeAll(async () => {
  scratch = await openScratch(system);
  session = await (await scratch.createDatabase()).connect('test');
});
afterAll(async () => {
  await session.close();
  await scratch.close();
});

/** Makes a schema of its own with the tables, fills them, and says how many rows each has. */
async function fill(
  sql: string,
  rows = 50,
): Promise<{ readonly counts: Record<string, number>; readonly report: FillReport }> {
  await session.query('drop schema public cascade; create schema public; set search_path = public');
  await session.query(sql);
  const { rows: tables } = await session.query<{ oid: number; name: string }>(
    `select c.oid::int8::int4 as oid, c.relname as name from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema') order by c.oid`,
  );
  const report = await fillTables(
    session,
    tables.map(({ oid }) => oid),
    { rows },
  );
  const names = new Map(tables.map(({ oid, name }) => [oid, name]));
  const counts = Object.fromEntries([...report.rows].map(([oid, count]) => [names.get(oid) ?? '', count]));
  return { counts, report };
}

async function value(sql: string): Promise<unknown> {
  return Object.values((await session.query(sql)).rows[0] ?? {})[0];
}

describe('fillTables()', () => {
  it('fills a column of every built-in type, each row differently where the type allows it', async () => {
    const types =
      `int2 int4 int8 numeric numeric(6,2) numeric(3,3) float4 float8 money text varchar varchar(3) char(2) char(40) name bytea bit(3)
      varbit varbit(5) date timestamp timestamptz(0) time timetz interval json jsonb jsonpath uuid inet cidr macaddr macaddr8 tsvector tsquery point
      line lseg box path polygon circle int4range numrange tsrange tstzrange daterange int8multirange tstzmultirange oid regclass pg_lsn xid8
      int4[] text[] varchar(4)[] uuid[] jsonb[] numrange[] "char"`.split(/\s+/);
    const columns = types.map((type, index) => `c${index} ${type} not null`);
    const { counts, report } = await fill(`create table a (${columns.join(', ')}, b bool not null)`);
    expect(report.empty).toEqual([]);
    expect(counts).toEqual({ a: 50 });
    expect(report.forced).toEqual([]);
    expect(await value('select count(distinct (c0, c3, c9, c27, c20)) from a')).toBe('50');
  });

  it('fills enums, domains, domains over domains, composites and their arrays', async () => {
    const { counts, report } = await fill(`
      create type mood as enum ('sad', 'it''s g', 'g');
      create domain positive as int check (value > 10);
      create domain small as positive not null check (value < 500);
      create domain email as text check (value ~ '^[^@]+@[^@]+$');
      create domain tag as text check (value = 'VALUE');
      create type place as (x int, mood mood, at timestamptz);
      create type span as range (subtype = text);
      create table a (m mood not null, p positive not null, s small, e email not null, t tag not null, c place not null, l place[] not null,
        ms mood[] not null, ps positive[] not null, r span not null)`);
    expect(report.empty).toEqual([]);
    expect(counts).toEqual({ a: 50 });
    expect(await value(`select count(distinct m) from a`)).toBe('3');
  });

  it('meets checks on one column and on several', async () => {
    const { counts } = await fill(`
      create table a (
        status text not null check (status in ('active', 'gone')),
        slug text not null check (slug ~ '^[a-z][a-z0-9-]{2,30}$'),
        currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
        code text not null check (code like 'INV-%'),
        digest text not null check (length(digest) = 64),
        colour text check (colour ~ '^#[0-9a-f]{6}$'),
        amount numeric not null check (amount between 1000 and 2000),
        share float8 not null check (share >= 0 and share <= 1),
        year int not null check (year > 1999),
        due date not null check (due > date '2030-01-01'),
        settings jsonb not null check (jsonb_typeof(settings) = 'array'),
        parts text[] not null check (cardinality(parts) > 0),
        low int not null, high int not null check (high > low), check (low > 100),
        kind text not null, size int, check ((kind = 'sized') = (size is not null)), check (kind in ('sized', 'free')),
        starts timestamptz not null, ends timestamptz, check (ends > starts),
        g int not null check (g > 3))`);
    expect(counts).toEqual({ a: 50 });
  });

  it('fills parents first, spreads children over them, and follows keys of several columns', async () => {
    const { counts } = await fill(`
      create table line (tenant int not null, id int not null, ord int not null, note text,
        primary key (tenant, id));
      create table tenant (id serial primary key, name text unique not null);
      create table ord (tenant int not null references tenant, id uuid not null default gen_random_uuid(), number int not null,
        primary key (tenant, id), unique (tenant, number));
      alter table line add foreign key (tenant, ord) references ord (tenant, number), add foreign key (tenant) references tenant;
      create table owner (tenant int primary key references tenant);
      create table one_of (tenant int references tenant, owner int references owner, check (num_nonnulls(tenant, owner) = 1))`);
    expect(counts).toEqual({ tenant: 50, ord: 50, line: 50, owner: 50, one_of: 50 });
    expect(await value('select count(distinct tenant) from ord')).toBe('50');
  });

  it('fills tables that refer to themselves or to each other', async () => {
    const { counts, report } = await fill(`
      create table tree (id int primary key, parent int references tree);
      create table root (id int primary key, root int not null references root);
      create table team (id serial primary key, lead int);
      create table person (id serial primary key, team int not null references team);
      alter table team add foreign key (lead) references person;
      create table egg (id int primary key, hen int not null);
      create table hen (id int primary key, egg int not null references egg);
      alter table egg add foreign key (hen) references hen deferrable`);
    expect(counts).toEqual({ tree: 50, root: 50, team: 50, person: 50, egg: 50, hen: 50 });
    expect(report.forced).toEqual([]);
    expect(await value('select count(*) from team where lead is null')).toBe('0');
    expect(await value('select count(*) from tree where parent is null')).toBe('0');
  });

  it('switches triggers and keys off only when there is no other way, and says so', async () => {
    const { counts, report } = await fill(`
      create table egg (id int primary key, hen int not null);
      create table hen (id int primary key, egg int not null references egg);
      alter table egg add foreign key (hen) references hen;
      create table guarded (id int primary key);
      create function refuse() returns trigger language plpgsql as $$ begin raise 'not for you'; end $$;
      create trigger t before insert on guarded for each row execute function refuse()`);
    expect(counts).toEqual({ egg: 50, hen: 50, guarded: 50 });
    expect(report.forced).toHaveLength(2);
  });

  it('leaves generated and identity columns, and sequences, to the server', async () => {
    const { counts } = await fill(`
      create table a (id int generated always as identity primary key, b int not null, double int generated always as (b * 2) stored);
      create table only_identity (id int generated by default as identity);
      create table none ()`);
    expect(counts).toEqual({ a: 50, only_identity: 50, none: 50 });
  });

  it('fills every partition within its bounds, by range, list, hash and default, and sub-partitions', async () => {
    const { counts, report } = await fill(`
      create table log (at timestamptz not null, id bigint not null, text text, primary key (at, id, text)) partition by range (at);
      create table log_1 partition of log for values from ('2020-01-01') to ('2020-02-01');
      create table log_2 partition of log for values from ('2020-02-01') to ('2020-03-01') partition by list (text);
      create table log_2_a partition of log_2 for values in ('a', 'b''s');
      create table log_2_rest partition of log_2 default;
      create table h (id uuid primary key) partition by hash (id);
      create table h_0 partition of h for values with (modulus 2, remainder 0);
      create table h_1 partition of h for values with (modulus 2, remainder 1);
      create table n (a int, b date) partition by range (a, b);
      create table n_1 partition of n for values from (minvalue, minvalue) to (10, '2020-01-01');
      create table n_2 partition of n for values from (10, '2020-01-01') to (maxvalue, maxvalue);
      create table n_rest partition of n default`);
    expect(report.empty.map(({ table }) => table).length).toBe(0);
    for (const [name, count] of Object.entries(counts)) expect([name, count > 0]).toEqual([name, true]);
    expect(counts).toMatchObject({ log_1: 50, log_2_a: 50, n_1: 50, n_2: 50 });
  });

  it('meets unique indexes over expressions and exclusion constraints', async () => {
    const { counts } = await fill(`
      create extension if not exists btree_gist;
      create table a (email text not null, room int not null, during tstzrange not null, flag bool not null,
        exclude using gist (room with =, during with &&), exclude using gist (during with &&));
      create unique index on a (lower(email));
      create table switches (flag bool primary key)`);
    expect(counts).toEqual({ a: 50, switches: 2 });
  });

  it('tells rows apart in as little as one character', async () => {
    const { counts } = await fill(
      'create table a (a varchar(1) unique, b char(2) unique); create table b (a varchar(2) primary key)',
    );
    expect(counts).toEqual({ a: 50, b: 50 });
  });

  it('names a table that it cannot fill, with the reason', async () => {
    const { report } = await fill(`
      create function checked(text) returns bool language sql as $$ select $1 = 'a secret ' || 42 $$;
      create table a (secret text not null check (checked(secret)));
      create table b (a text)`);
    expect(report.empty).toMatchObject([{ reason: expect.stringMatching(/no generated row|violates check/) }]);
  });

  it('adds to what is there, and touches none of it', async () => {
    const { counts } = await fill(`
      create table plan (id int primary key, name text unique not null);
      insert into plan values (1, 'free'), (2, 'paid')`);
    expect(counts).toEqual({ plan: 50 });
    expect(await value(`select string_agg(name, ',' order by id) from plan where id < 3`)).toBe('free,paid');
  });

  it('fills odd names: quotes, dots, keywords, and the name of the counter', async () => {
    const { counts } = await fill(`
      create table "Or.der ""x""" ("g" int primary key, "select" text not null check ("select" in ('a', 'b')), "a b" int not null);
      create table child (g int not null references "Or.der ""x""", value int check (value > 0))`);
    expect(counts).toEqual({ 'Or.der "x"': 50, child: 50 });
  });
});
