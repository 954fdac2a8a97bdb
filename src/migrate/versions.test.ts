import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import { isStrong, statementLocks } from '../sql/index.ts';
import { loadSqlParser } from '../system/index.ts';
import { loadReach } from './find-holders.ts';
import { collectEvents, failure, startTestServer, type TestServer, until } from './test-support.ts';

/** The main scenarios on every version that is supported; the details are specified on one of them. */
describe.each(['14', '15', '16', '17', '18'] as const)('on Postgres %s', (version) => {
  let servers: TestServer;
  beforeAll(async () => {
    servers = await startTestServer({ version, settings: { max_prepared_transactions: '5' } });
  });
  afterAll(() => servers.close());

  const FILES = {
    '001_orders.sql':
      'create table orders (id int primary key, code text); insert into orders select g, g from generate_series(1, 50) g;',
    '002_index.sql': 'create unique index concurrently if not exists orders_code on orders (code);',
    '003_total.sql': 'alter table orders add column total int default 0;',
    '004_lines.sql': 'create table lines (order_id int references orders, check (order_id > 0));',
  };

  it('applies, records and compares', async () => {
    const database = await servers.createDatabase();
    expect((await database.apply(FILES)).applied).toHaveLength(4);
    expect((await database.apply(FILES)).applied).toHaveLength(0);
    expect(await database.ledger()).toEqual(Object.keys(FILES));
    const error = await failure<OnwardError>(
      database.apply({ ...FILES, '005_bad.sql': 'create table x (); select nope;' }),
    );
    expect(error.message).toContain('005_bad.sql:1:27: column "nope" does not exist (42703)');
  });

  it('resumes a build that was ended, and repairs what it has left', async () => {
    const database = await servers.createDatabase();
    await database.apply({ '001_orders.sql': FILES['001_orders.sql'] });
    const admin = await database.connect('admin');
    const snapshot = await database.connect('reports');
    await snapshot.query('begin isolation level repeatable read; select 1');
    const applying = failure<OnwardError>(database.apply(FILES));
    await until('the build', async () => {
      const { rows } = await admin.query(
        `select pg_terminate_backend(a.pid) from pg_stat_activity a
         where a.query like 'create unique index concurrently%' and a.wait_event_type = 'Lock'
           and exists (select from pg_index where not indisvalid)`,
      );
      return rows.length > 0;
    });
    expect((await applying).code).toBe('migrate.connection-lost');
    await snapshot.query('rollback');
    await database.apply(FILES);
    const { rows } = await admin.query(`select indisvalid from pg_index where indexrelid = 'orders_code'::regclass`);
    expect(rows).toEqual([{ indisvalid: true }]);
    const other = { ...FILES, '005_again.sql': 'create index concurrently orders_code on orders (code);' };
    expect((await failure<OnwardError>(database.apply(other))).code).toBe('migrate.index-differs');
  });

  it('waits for its moment, names who is in the way, and takes back what stalls others', async () => {
    const database = await servers.createDatabase();
    const before = { '001_orders.sql': FILES['001_orders.sql'], '002_index.sql': FILES['002_index.sql'] };
    await database.apply(before);
    const reader = await database.connect('reports');
    await reader.query('begin; select count(*) from orders');
    const error = await failure<OnwardError>(database.apply(FILES, { lockWaitMs: 100 }));
    expect(error.message).toMatch(
      /in the way: pid \d+ \(reports, user postgres, idle in transaction\) holds AccessShareLock on orders/,
    );
    await reader.query('rollback; begin; update orders set code = code where id = 1');
    await reader.query(`prepare transaction 'left'`);
    const prepared = await failure<OnwardError>(database.apply(FILES, { lockWaitMs: 100 }));
    expect(prepared.message).toContain('prepared transaction "left" of postgres holds RowExclusiveLock on orders');
    await reader.query(`rollback prepared 'left'`);
    const { events, onEvent } = collectEvents();
    const slow = { ...before, '003_slow.sql': 'alter table orders add column slow int; select pg_sleep(20);' };
    const applying = failure<OnwardError>(database.apply(slow, { onEvent }));
    let isDone = false;
    void applying.then(() => {
      isDone = true;
    });
    while (!isDone) await reader.query('select count(*) from orders');
    expect((await applying).code).toBe('migrate.lock-held-too-long');
    // A busy machine may add attempts whose lock was not given in time.
    const takenBack = events.filter(
      ({ type, reason }) => type === 'migrate.retry' && /user request/.test(String(reason)),
    );
    expect(takenBack).toHaveLength(2);
  });

  it('never takes a strong lock that it has not predicted', async () => {
    const database = await servers.createDatabase();
    const session = await database.connect();
    await session.query(`
      create table p (id int primary key); create table t (id int primary key, a int, p_id int constraint fk references p);
      create table part (id int, p_id int references p) partition by list (id);
      create table part_1 partition of part for values in (1); create table part_d partition of part default;
      create table loose (id int, p_id int references p); create index t_a on t (a)`);
    const parser = await loadSqlParser();
    const forms = `alter table t add column x int references p; alter table t drop column p_id; alter table t drop constraint fk;
      alter table t alter a type bigint; alter table t alter a set not null; alter table t validate constraint fk;
      alter table t add constraint c foreign key (a) references p not valid; alter table t set (fillfactor = 80);
      alter table part add column x int; alter table part attach partition loose for values in (2);
      alter table part detach partition part_1; create table n partition of part for values in (3); drop table part_1; drop table t;
      create index on part (id); drop index t_a; create table n (id int references p); truncate t; alter table t rename a to b;
      alter index t_a rename to t_b; reindex index t_a; create policy c on t; comment on table t is 'x'; lock table t;`;
    for (const { node, text } of parser.split(forms, 'forms')) {
      await session.query('begin');
      const reach = await loadReach(session, statementLocks(node).targets);
      const predicted = new Set(reach.filter(({ mode }) => isStrong(mode)).map(({ relation }) => relation));
      const tables = new Map(
        (
          await session.query<{ oid: number; name: string }>(
            `select oid, oid::regclass::text as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`,
          )
        ).rows.map(({ oid, name }) => [oid, name]),
      );
      await session.query(text);
      const { rows } = await session.query<{ oid: number }>(
        `select distinct relation as oid from pg_locks where pid = pg_backend_pid() and locktype = 'relation'
         and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
      );
      await session.query('rollback');
      const taken = rows.flatMap(({ oid }) => tables.get(oid) ?? []);
      expect(
        taken.filter((name) => !predicted.has(name)),
        text,
      ).toEqual([]);
    }
  });
});
