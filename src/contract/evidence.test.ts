import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../migrate/index.ts';
import { loadSchema } from '../schema/index.ts';
import type { Session } from '../system/index.ts';
import { type Counters, findIncomparable, loadBaselines, recordBaseline } from './baseline.ts';
import { checkRoutines } from './check-routines.ts';
import { observeDependents } from './observe-dependents.ts';
import { observeSessions } from './observe-sessions.ts';
import { observeSizes } from './observe-sizes.ts';
import { startTestServer, type TestServer } from './test-support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const orders = { schema: 'public', table: 'orders' } as const;

describe('observeSessions()', () => {
  it('lists who is connected to this database and what they call themselves, without Onward itself', async () => {
    const own = await server.createDatabase(
      `do $$ begin if not exists (select from pg_roles where rolname = 'app') then create role app login; end if; end $$`,
    );
    const old = await server.connect({ applicationName: 'api@1.0.0', user: 'app' });
    await server.connect({ applicationName: 'onward migrate' });
    // The name alone makes nobody Onward.
    await server.connect({ applicationName: 'onward migrate', user: 'app' });
    await server.connect({ applicationName: '', user: 'app' });
    const found = await observeSessions(own);
    expect(found.map(({ role, name }) => `${role} ${name}`)).toEqual(['app api@1.0.0', 'app onward migrate', 'app ']);
    expect(found[0]).toMatchObject({ pid: old.backendPid, address: '127.0.0.1', since: expect.stringMatching(/Z$/) });
  });

  it('tells any role the names, and not whence and since when', async () => {
    await server.createDatabase();
    const own = await server.connect({ user: 'app' });
    await server.connect({ applicationName: 'worker@2.0.0' });
    const found = (await observeSessions(own)).filter(({ name }) => name === 'worker@2.0.0');
    expect(found).toEqual([{ pid: expect.any(Number), role: 'postgres', name: 'worker@2.0.0' }]);
  });
});

describe('observeSizes()', () => {
  it('counts rows and bytes of tables with their partitions, and of columns', async () => {
    const session = await server.createDatabase(`
      create table orders (id int, total text);
      insert into orders select n, repeat('x', 50) from generate_series(1, 1000) as n;
      create table event (at date) partition by range (at);
      create table event_1 partition of event for values from ('2020-01-01') to ('2021-01-01');
      insert into event select '2020-02-01' from generate_series(1, 500);
      create table fresh (id int);
      analyze;`);
    const [table, column, event, fresh, gone] = await observeSizes(session, [
      { kind: 'table', ...orders },
      { kind: 'column', ...orders, column: 'total' },
      { kind: 'table', schema: 'public', table: 'event' },
      { kind: 'table', schema: 'public', table: 'fresh' },
      { kind: 'table', schema: 'public', table: 'gone' },
    ]);
    expect(table).toMatchObject({ rows: 1000 });
    expect(table?.bytes).toBeGreaterThan(50_000);
    expect(column).toEqual({ rows: 1000, bytes: 51_000 });
    expect(event).toMatchObject({ rows: 500 });
    expect(fresh).toMatchObject({ bytes: 0 });
    expect(gone).toEqual({});
  });
});

describe('observeDependents()', () => {
  it('finds publications, which no copy of the schema has', async () => {
    const session = await server.createDatabase(`
      create table orders (id int primary key, total text);
      create view totals as select id, total from orders;
      create publication feed for table orders (id, total);`);
    const feed = 'publication of table orders in publication feed';
    expect(await observeDependents(session, [{ kind: 'table', ...orders }])).toEqual([feed]);
    expect(await observeDependents(session, [{ kind: 'column', ...orders, column: 'total' }])).toEqual([feed]);
    await session.query('alter publication feed set table orders (id)');
    expect(await observeDependents(session, [{ kind: 'column', ...orders, column: 'total' }])).toEqual([]);
    expect(await observeDependents(session, [{ kind: 'column', ...orders, column: 'gone' }])).toEqual([]);
  });
});

describe('checkRoutines()', () => {
  const TABLE = 'create table orders (id int primary key, total text);';
  const check = async (routine: string, contract = 'alter table orders drop column total') => {
    const before = await server.createDatabase(`${TABLE} ${routine}`);
    const after = await server.createDatabase(`${TABLE} ${routine}; ${contract}`);
    return checkRoutines({ before, after }, { schema: await loadSchema(after), names: ['total'] });
  };

  it('asks the server about bodies in SQL', async () => {
    const needs = await check(`create function f() returns text language sql as 'select max(total) from orders'`);
    expect(needs).toEqual({
      broken: ['function public.f() would fail: column "total" does not exist'],
      mentions: [],
    });
    // The word alone does no harm.
    const fine = await check(
      `create function f() returns text language sql as 'select max(id)::text as total from orders'`,
    );
    expect(fine).toEqual({ broken: [], mentions: [] });
  });

  it('blames nothing for what failed before already', async () => {
    const never = await check(
      `set check_function_bodies = off; create function f() returns int language sql as 'select total from nowhere'`,
    );
    expect(never).toEqual({ broken: [], mentions: [] });
  });

  it('names the bodies in other languages that say the name, also in a text that is executed, but not in a comment', async () => {
    const plain = `create function f() returns trigger language plpgsql as $$ begin new.TOTAL := 1; return new; end $$`;
    expect((await check(plain)).mentions).toEqual(['function public.f() names total']);
    const dynamic = `create function f() returns void language plpgsql as $$ begin execute 'update orders set total = 1'; end $$`;
    expect((await check(dynamic)).mentions).toEqual(['function public.f() names total']);
    const comment = `create function f() returns void language plpgsql as $$ begin -- total\n null; end $$`;
    expect((await check(comment)).mentions).toEqual([]);
  });

  it('leaves nothing changed on the copies', async () => {
    const routine = `create function f() returns text language sql as 'select max(total) from orders'`;
    const after = await server.createDatabase(`${TABLE} ${routine}`);
    const before = await loadSchema(after);
    await checkRoutines({ before: after, after }, { schema: before, names: [] });
    expect(await loadSchema(after)).toEqual(before);
  });
});

describe('a baseline', () => {
  const counters: Counters = { resetAt: '17.5', evictions: 0, track: 'top', calls: { '10/1': 5, '10/2': 1 } };
  const key = { deployment: 'acme', release: '1.1.0' };

  it('is kept in the ledger until nothing can be compared with it any more', async () => {
    const session: Session = await server.createDatabase();
    expect(await loadBaselines(session, 'acme')).toEqual([]);
    await createLedger(server.system, session);
    await recordBaseline(session, { ...key, counters });
    await recordBaseline(session, { ...key, release: '1.2.0', counters });
    await recordBaseline(session, { deployment: 'other', release: '9.0.0', counters });
    const found = await loadBaselines(session, 'acme');
    expect(found.map(({ release }) => release)).toEqual(['1.1.0', '1.2.0']);
    expect(found[0]).toMatchObject({ resetAt: '17.5', evictions: 0, calls: counters.calls });
    await recordBaseline(session, { ...key, release: '1.3.0', counters: { ...counters, evictions: 2 } });
    expect((await loadBaselines(session, 'acme')).map(({ release }) => release)).toEqual(['1.3.0']);
    for (let count = 0; count < 15; count += 1)
      await recordBaseline(session, { ...key, release: '1.4.0', counters: { ...counters, evictions: 2 } });
    expect(await loadBaselines(session, 'acme')).toHaveLength(10);
  });

  it('cannot be compared after a reset, an eviction, or when nobody counts', () => {
    const baseline = { ...counters, release: '1.1.0', takenAt: '2026-01-01T00:00:00.000Z' };
    const why = (more: Partial<Counters>) => findIncomparable(baseline, { ...counters, ...more });
    expect(why({})).toBeUndefined();
    expect(why({ calls: { '10/1': 9, '10/2': 1, '10/3': 4 } })).toBeUndefined();
    expect(why({ resetAt: '18.0' })).toContain('reset');
    expect(why({ resetAt: undefined })).toContain('update the extension');
    expect(why({ evictions: 1 })).toContain('forgetting');
    expect(why({ track: 'none' })).toContain('track is none');
    expect(why({ calls: { '10/1': 5 } })).toContain('single statements');
    expect(why({ calls: { '10/1': 4, '10/2': 1 } })).toContain('single statements');
  });
});
