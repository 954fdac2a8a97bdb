import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { compareSchemas } from './compare-schemas.ts';
import { loadSchema } from './load-schema.ts';
import type { Schema, Table } from './schema.ts';
import { rolledBack, SHOP, startTestServer, type TestServer } from './test-support.ts';

let server: TestServer;
let session: Session;
let shop: Schema;
beforeAll(async () => {
  server = await startTestServer();
  session = await server.createDatabase(SHOP);
  shop = await loadSchema(session);
});
afterAll(() => server.close());

const json = (schema: Schema) => canonicalJson(schema as unknown as Json);

function table(schema: Schema, name: string): Table {
  const found = schema.tables[name];
  if (!found) throw new Error(`There is no table ${name}`);
  return found;
}

describe('loadSchema()', () => {
  it('tells the columns of a table in their order, with type, default, identity, generation and collation', () => {
    const columns = table(shop, 'public.customer').columns;
    expect(columns.map(({ name, type, wireType }) => [name, type, wireType])).toEqual([
      ['id', 'bigint', 'pg_catalog.int8'],
      ['email', 'character varying(100)', 'pg_catalog.varchar'],
      ['name', 'text', 'pg_catalog.text'],
      ['mood', 'public.mood', 'public.mood'],
      ['age', 'public.positive', 'pg_catalog.int4'],
      ['home', 'public.address', 'public.address'],
      ['score', 'numeric(6,2)', 'pg_catalog.numeric'],
      ['vat', 'text', 'pg_catalog.text'],
      ['doubled', 'integer', 'pg_catalog.int4'],
    ]);
    const [id, email, , mood, , , score, vat, doubled] = columns;
    expect(id).toMatchObject({ identity: 'always', isNotNull: true, default: null });
    expect(email).toMatchObject({ isNotNull: true, collation: null });
    expect(mood?.default).toBe(`'ok'::public.mood`);
    expect(score?.default).toBe('0');
    expect(vat?.collation).toBe('pg_catalog."C"');
    expect(doubled?.generated).toEqual({ kind: 'stored', expression: '(1 + 1)' });
  });

  it('tells constraints with what they refer to and whether existing rows hold them', () => {
    const found = table(shop, 'public.orders').constraints;
    expect(found.map(({ name, kind, columns, isValidated }) => [name, kind, columns, isValidated])).toEqual([
      ['clerk_known', 'foreign key', ['clerk'], false],
      ['orders_customer_fkey', 'foreign key', ['customer'], true],
      ['orders_note_excl', 'exclusion', ['note'], true],
      ['orders_pkey', 'primary key', ['id'], true],
    ]);
    expect(found[0]?.definition).toBe('FOREIGN KEY (clerk) REFERENCES public.customer(id)');
    expect(found[1]?.references).toEqual({
      table: 'public.customer',
      columns: ['id'],
      onDelete: 'cascade',
      onUpdate: 'no action',
    });
  });

  it('tells indexes by a definition without their names, with columns, expressions and predicate', () => {
    const found = table(shop, 'public.customer').indexes;
    expect(found.map(({ name, definition, constraint }) => [name, definition, constraint])).toEqual([
      ['customer_email_key', 'btree (email)', 'customer_email_key'],
      ['customer_lower', `btree (lower(name)) WHERE (name <> ''::text)`, null],
      ['customer_name', 'btree (name)', null],
      ['customer_pkey', 'btree (id)', 'customer_pkey'],
      ['customer_vat', 'btree (vat)', null],
    ]);
    expect(found[1]).toMatchObject({
      isUnique: true,
      columns: [null],
      expressions: 'lower(name)',
      predicate: `(name <> ''::text)`,
    });
  });

  it('tells an index that could not be built', async () => {
    const own = await server.createDatabase('create table twice (a integer); insert into twice values (1), (1)');
    await own.query('create unique index concurrently twice_a on twice (a)').catch(() => {});
    expect(table(await loadSchema(own), 'public.twice').indexes).toMatchObject([{ name: 'twice_a', isValid: false }]);
  });

  it('tells partitions by key and bound, and the parts of an index', () => {
    expect(table(shop, 'public.event')).toMatchObject({ kind: 'partitioned', partitionKey: 'RANGE (at)' });
    expect(table(shop, 'public.event_2024')).toMatchObject({
      partitionOf: 'public.event',
      partitionBound: `FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
      indexes: [{ name: 'event_2024_at_idx', partOf: 'public.event_at' }],
    });
  });

  it('tells triggers, policies, rules and row-level security', () => {
    expect(table(shop, 'public.orders').triggers).toEqual([
      {
        name: 'orders_touch',
        definition:
          'CREATE TRIGGER orders_touch BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch()',
        enabled: 'origin',
      },
    ]);
    expect(table(shop, 'public.ledger')).toMatchObject({
      hasRowSecurity: true,
      forcesRowSecurity: false,
      policies: [{ name: 'own', command: 'select', roles: ['app'], using: '(amount > 0)', withCheck: null }],
      rules: [{ name: 'keep', enabled: 'origin' }],
    });
  });

  it('tells views with their columns and what they stand on', () => {
    expect(shop.views['public.customer_names']).toMatchObject({
      isMaterialized: false,
      columns: [{ name: 'id' }, { name: 'name' }],
      reads: ['public.customer.id', 'public.customer.name'],
    });
    expect(shop.views['public.totals']).toMatchObject({ isMaterialized: true, isPopulated: true });
  });

  it('tells types, sequences, routines and statistics', () => {
    expect(shop.types['public.mood']).toMatchObject({ kind: 'enum', values: ['sad', 'ok', 'happy'] });
    expect(shop.types['public.positive']).toMatchObject({
      kind: 'domain',
      baseType: 'integer',
      constraints: [{ name: 'positive_check', definition: 'CHECK ((VALUE > 0))' }],
    });
    expect(shop.types['public.address']).toMatchObject({ kind: 'composite', attributes: [{ name: 'street' }, {}] });
    expect(shop.types['public.span']).toMatchObject({ kind: 'range', subtype: 'double precision' });
    expect(Object.keys(shop.types)).not.toContain('public.customer');
    expect(shop.sequences['public.orders_id_seq']).toMatchObject({
      type: 'integer',
      ownedBy: { table: 'public.orders', column: 'id' },
      isIdentity: false,
    });
    expect(Object.keys(shop.routines)).toEqual([
      'public.add(integer, integer)',
      'public.tidy()',
      'public.total(integer)',
      'public.touch()',
    ]);
    expect(shop.routines['public.add(integer, integer)']).toMatchObject({
      kind: 'function',
      arguments: 'a integer, b integer DEFAULT 2',
      argumentNames: ['a', 'b'],
      defaultsCount: 1,
      result: 'integer',
      volatility: 'immutable',
      body: 'select a + b',
    });
    expect(shop.routines['public.total(integer)']?.body).toBe(`sfunc = int4pl\nstype = integer\ninitcond = '0'`);
    expect(shop.statistics['public.customer_stats']?.table).toBe('public.customer');
  });

  it('tells privileges of everyone but the owner, on objects and columns', () => {
    expect(table(shop, 'public.customer').grants).toEqual([
      { grantee: 'app', privileges: ['INSERT', 'SELECT'], grantable: [] },
    ]);
    expect(table(shop, 'public.customer').columns[2]?.grants).toEqual([
      { grantee: 'app', privileges: ['UPDATE'], grantable: [] },
    ]);
    expect(shop.routines['public.touch()']?.grants).toEqual([
      { grantee: 'PUBLIC', privileges: ['EXECUTE'], grantable: [] },
    ]);
  });

  it('lists extensions, and leaves out what belongs to them, to the server and to Onward', async () => {
    const found = await rolledBack(session, async () => {
      await session.query(
        `create schema onward; create table onward.migration (id integer); create extension citext; create temporary table t (id integer)`,
      );
      return loadSchema(session);
    });
    expect(found.extensions.citext).toMatchObject({ name: 'citext', schema: 'public' });
    expect(json({ ...found, extensions: shop.extensions })).toBe(json(shop));
  });

  it('reads only the schemas that are asked for', async () => {
    const found = await loadSchema(session, { schemas: ['extra'] });
    expect(Object.keys(found.tables)).toEqual(['extra."Odd Name"']);
    expect(found.types).toEqual({});
  });

  it('works for a role that may do nothing but connect', async () => {
    await session.query('create role nobody_special login');
    const { rows } = await session.query<{ name: string }>('select current_database() as name');
    const other = await server.connect(rows[0]?.name ?? '', 'nobody_special');
    expect(json(await loadSchema(other))).toBe(json(shop));
  });

  it('says the same whatever the settings of the session, and leaves them as they were', async () => {
    const settings = `set search_path = public; set datestyle = 'German'; set timezone = 'Asia/Tokyo'; set quote_all_identifiers = on`;
    const shown = `select current_setting('search_path') as a, current_setting('datestyle') as b, current_setting('timezone') as c,
      current_setting('quote_all_identifiers') as d`;
    const expected = [{ a: 'public', b: 'German, DMY', c: 'Asia/Tokyo', d: 'on' }];
    const own = await server.createDatabase(SHOP);
    await own.query(settings);
    expect(json(await loadSchema(own))).toBe(json(shop));
    expect((await own.query(shown)).rows).toEqual(expected);
    await rolledBack(own, async () => {
      expect(json(await loadSchema(own))).toBe(json(shop));
      expect((await own.query(shown)).rows).toEqual(expected);
    });
    expect((await own.query(shown)).rows).toEqual(expected);
  });

  const seed = Date.now() % 2 ** 31;
  it(`gives equal data for equal schemas in whatever order they were made (seed ${seed})`, async () => {
    const orders = fc.array(fc.nat(), { minLength: PARTS.length, maxLength: PARTS.length });
    const built = (ranks: readonly number[]) =>
      rolledBack(session, async () => {
        for (const sql of inOrder(ranks)) await session.query(sql);
        return loadSchema(session);
      });
    const reference = await built(PARTS.map((_, place) => place));
    expect(Object.keys(reference.tables).length).toBe(Object.keys(shop.tables).length + 4);
    await fc.assert(
      fc.asyncProperty(orders, async (ranks) => {
        const other = await built(ranks);
        expect(compareSchemas(reference, other)).toEqual([]);
        expect(json(other)).toBe(json(reference));
      }),
      { seed, numRuns: 12 },
    );
  });
});

/** Statements with the ones that they need. */
const PARTS: readonly { readonly sql: string; readonly after: readonly number[] }[] = [
  { sql: `create type color as enum ('red', 'blue')`, after: [] },
  { sql: 'create domain code as text check (value <> $$$$)', after: [] },
  { sql: 'create table a (id integer primary key, color color, code code)', after: [0, 1] },
  { sql: 'create table b (id integer primary key, a integer)', after: [] },
  { sql: 'create table p (id integer, at date) partition by range (at)', after: [] },
  { sql: `create table p_1 partition of p for values from ('2024-01-01') to ('2025-01-01')`, after: [4] },
  { sql: 'create index p_at on p (at)', after: [4] },
  { sql: 'alter table p add column extra text', after: [4] },
  { sql: 'alter table b add constraint b_a foreign key (a) references a', after: [2, 3] },
  { sql: 'alter table b add constraint b_positive check (a > 0)', after: [3] },
  { sql: 'create index b_a_index on b (a)', after: [3] },
  { sql: 'create unique index b_unique on b (a, id)', after: [3] },
  { sql: 'create view v as select a.id, b.id as b from a join b on b.a = a.id', after: [2, 3] },
  { sql: 'grant select on a to reader', after: [2] },
  { sql: 'grant insert on a to app', after: [2] },
  { sql: 'grant update on a to reader', after: [2] },
  { sql: 'grant select (a) on b to app', after: [3] },
  { sql: 'create function one() returns integer language sql as $$ select 1 $$', after: [] },
  { sql: 'create function one(text) returns integer language sql as $$ select 1 $$', after: [] },
  { sql: 'create trigger t before update on b for each row execute function touch()', after: [3] },
  { sql: 'create trigger s before update on b for each row execute function touch()', after: [3] },
  { sql: 'create policy x on b to reader, app using (a > 1)', after: [3] },
  { sql: 'alter table b set (fillfactor = 70)', after: [3] },
  { sql: 'alter table b set (autovacuum_enabled = off)', after: [3] },
  { sql: 'alter default privileges grant select on tables to app', after: [2, 3, 4, 5, 12] },
  { sql: 'alter default privileges grant usage on types to reader', after: [0, 1, 2, 3, 4, 5, 12] },
];

/** The statements by rank, but each after those that it needs. */
function inOrder(ranks: readonly number[]): readonly string[] {
  const left = new Set(PARTS.keys());
  const order: number[] = [];
  while (left.size > 0) {
    const ready = [...left].filter((place) => PARTS[place]?.after.every((needed) => !left.has(needed)));
    const next = ready.sort((one, other) => (ranks[one] ?? 0) - (ranks[other] ?? 0))[0] ?? 0;
    left.delete(next);
    order.push(next);
  }
  return order.map((place) => PARTS[place]?.sql ?? '');
}
