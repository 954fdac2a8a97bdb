import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../system/index.ts';

export interface TestServer {
  readonly server: EmbeddedPostgres;
  /** A session in a new database, that is closed with the server. */
  createDatabase(sql?: string): Promise<Session>;
  connect(database: string, user?: string): Promise<Session>;
  close(): Promise<void>;
}

export async function startTestServer(version: '14' | '15' | '16' | '17' | '18' = '15'): Promise<TestServer> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const server = await startEmbeddedPostgres({ isDurable: false, version });
  const sessions: Session[] = [];
  const connect: TestServer['connect'] = async (database, user = 'postgres') => {
    const url = `postgres://${user}@127.0.0.1:${server.port}/${database}`;
    const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
    const session = await system.postgres.connect(target, { applicationName: 'test' });
    sessions.push(session);
    return session;
  };
  let count = 0;
  return {
    server,
    connect,
    async createDatabase(sql) {
      count += 1;
      const admin = await connect('postgres');
      await admin.query(`create database test_${count}`);
      const session = await connect(`test_${count}`);
      if (sql) await session.query(sql);
      return session;
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close().catch(() => {})));
      await server.remove();
    },
  };
}

/** Runs the work and takes back what it did. */
export async function rolledBack<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('begin');
  try {
    return await work();
  } finally {
    await session.query('rollback');
  }
}

/** A shop with one of everything. Roles belong to the server, so they are made when they are not there. */
export const SHOP = `
do $$ begin
  if not exists (select from pg_roles where rolname = 'app') then create role app; end if;
  if not exists (select from pg_roles where rolname = 'reader') then create role reader; end if;
end $$;
create type mood as enum ('sad', 'ok', 'happy');
create domain positive as integer check (value > 0);
create type address as (street text, zip varchar(10));
create type box2 as (w integer, h integer);
create type span as range (subtype = float8);
create function add(a integer, b integer default 2) returns integer language sql immutable as 'select a + b';
create function touch() returns trigger language plpgsql as 'begin return new; end';
create procedure tidy() language sql as 'select 1';
create aggregate total(integer) (sfunc = int4pl, stype = integer, initcond = '0');
create sequence ticket;
create table customer (
  id bigint generated always as identity primary key,
  email varchar(100) not null unique,
  name text,
  mood mood default 'ok',
  age positive,
  home address,
  score numeric(6, 2) not null default 0,
  vat text collate "C",
  doubled integer generated always as (1 + 1) stored,
  constraint score_range check (score >= 0)
);
create index customer_name on customer (name);
create unique index customer_vat on customer (vat);
create unique index customer_lower on customer (lower(name)) where name <> '';
create table orders (
  id serial primary key,
  customer bigint not null references customer on delete cascade,
  clerk bigint,
  note text,
  at timestamptz not null default now(),
  exclude using btree (note with =)
);
alter table customer add constraint name_known check (name is not null) not valid;
alter table orders add constraint clerk_known foreign key (clerk) references customer not valid;
create trigger orders_touch before update on orders for each row execute function touch();
create table ledger (id integer, amount integer);
alter table ledger enable row level security;
create policy own on ledger for select to app using (amount > 0);
create policy asleep on orders using (true);
create rule keep as on delete to ledger do instead nothing;
create table event (id bigint not null, at date not null, what text) partition by range (at);
create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01');
create index event_at on event (at);
create table archive (id bigint not null, at date not null, what text);
create view customer_names as select id, name from customer;
create view regulars as select n.id from customer_names n;
create materialized view totals as select count(*) as orders from orders;
create statistics customer_stats on name, vat from customer;
grant select, insert on customer to app;
grant update (name) on customer to app;
grant usage on sequence ticket to app;
create schema extra;
create table extra."Odd Name" (id integer, "Select" integer);
`;
