import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../system/index.ts';
import type { SchemaChange } from './change.ts';
import { compareSchemas } from './compare-schemas.ts';
import { loadSchema } from './load-schema.ts';
import { renderSchemaChanges } from './render-changes.ts';
import { renderRepairs } from './render-repairs.ts';
import { rolledBack, SHOP, startTestServer, type TestServer } from './test-support.ts';

let server: TestServer;
let session: Session;
beforeAll(async () => {
  server = await startTestServer();
  session = await server.createDatabase(SHOP);
});
afterAll(() => server.close());

async function changesOf(sql: string): Promise<readonly SchemaChange[]> {
  const before = await loadSchema(session);
  const after = await rolledBack(session, async () => {
    await session.query(sql);
    return loadSchema(session);
  });
  return compareSchemas(before, after);
}

const CHANGE = `
alter table archive alter column id type numeric, add column tag text not null default 'x';
drop index customer_name;
alter table orders drop constraint clerk_known;
create table fresh (id integer primary key);
create or replace function touch() returns trigger language plpgsql as $$
begin
  new.at := now();
  return new;
end $$;
create or replace view customer_names as select id, name from customer where id > 1;
`;

describe('renderSchemaChanges()', () => {
  it('groups the changes by what they are about, with a sign and what they mean to old clients', async () => {
    expect(renderSchemaChanges(await changesOf(CHANGE))).toBe(`public.archive
  ~ column id: type bigint -> numeric [breaks: clients get and give another type]
  + column tag: text not null default 'x'::text [visible: may make an old query ambiguous, and widens SELECT * and positional INSERT]

public.customer
  - index customer_name: btree (name) [visible: queries that used it become slow]

public.orders
  - constraint clerk_known: FOREIGN KEY (clerk) REFERENCES public.customer(id) NOT VALID [visible: rows without their parent may be read]

public.fresh
  + table: table (id integer not null)

public.customer_names
  ~ view: definition [visible: it may show other rows]
      SELECT customer.id,
          customer.name
    -    FROM public.customer;
    +    FROM public.customer
    +   WHERE (customer.id > 1);

public.touch()
  ~ routine: body [visible: it may do or return something else]
    - begin return new; end
    + 
    + begin
    +   new.at := now();
    +   return new;
    + end 
`);
  });

  it('says nothing when there is nothing to say', () => {
    expect(renderSchemaChanges([])).toBe('');
    expect(renderRepairs([])).toBe('');
  });
});

describe('renderRepairs()', () => {
  it('writes each statement with its reason, in an order in which it can run', async () => {
    const sql = `
      create type size as enum ('s', 'm');
      create table shelf (id integer primary key, size size not null default 's', customer bigint references customer);
      create view small as select id from shelf where size = 's';
      drop index customer_name;
      alter table orders alter column note set not null;
      alter table archive add column size size;
      grant select on small to reader`;
    expect(renderRepairs(await changesOf(sql))).toBe(`set check_function_bodies = off;

-- type public.size is missing
create type "public"."size" as enum ('s', 'm');

-- column public.archive.size is missing
alter table "public"."archive" add column "size" public.size;

-- table public.shelf is missing
create table "public"."shelf" (
  "id" integer not null,
  "size" public.size default 's'::public.size not null,
  "customer" bigint,
  constraint "shelf_pkey" PRIMARY KEY (id)
);

-- column public.orders.note: not null is no, expected yes
alter table "public"."orders" alter column "note" set not null;

-- view public.small is missing
create or replace view "public"."small" as
SELECT shelf.id
   FROM public.shelf
  WHERE (shelf.size = 's'::public.size);

-- table public.shelf is missing
alter table "public"."shelf" add constraint "shelf_customer_fkey" FOREIGN KEY (customer) REFERENCES public.customer(id);

-- view public.small is missing
grant select on table "public"."small" to "reader";

-- index public.customer.customer_name is not expected
-- It is only in this database. Remove it when nothing needs it:
-- drop index concurrently "public"."customer_name";
`);
  });

  it('drops nothing that is nowhere else, not even in a name with a line break', async () => {
    const sql = 'create table "two\nlines" (id integer); create view "x\r; drop table customer; --" as select 1 as one';
    const before = await loadSchema(session);
    await rolledBack(session, async () => {
      await session.query(sql);
      const live = await loadSchema(session);
      const repairs = renderRepairs(compareSchemas(live, before));
      expect(repairs.split(/[\r\n]/).filter((line) => line !== '' && !line.startsWith('--'))).toEqual([]);
    });
  });

  it('says what no statement can do', async () => {
    const changes = await changesOf(`alter type mood add value 'angry'`);
    expect(
      renderRepairs(changes),
    ).toBe(`-- type public.mood: values is 'sad', 'ok', 'happy', expected 'sad', 'ok', 'happy', 'angry'
alter type "public"."mood" add value 'angry' after 'happy';
`);
    const before = await loadSchema(session);
    const back = await rolledBack(session, async () => {
      await session.query(`alter type mood add value 'angry'`);
      return compareSchemas(await loadSchema(session), before);
    });
    expect(renderRepairs(back)).toBe(
      `-- type public.mood: values is 'sad', 'ok', 'happy', 'angry', expected 'sad', 'ok', 'happy': an enum cannot lose values or change their order; make a new type and move the columns to it\n`,
    );
  });
});
