import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../migrate/index.ts';
import { failure, startTestServer, type TestDatabase, type TestServer, until } from '../migrate/test-support.ts';
import { DEFAULT_PACING, type OnwardError, type SqlDataMigration } from '../model/index.ts';
import type { LogEvent, Session } from '../system/index.ts';
import { type DataMigrationOutcome, type RunDataMigrationOptions, runDataMigration } from './run-data-migration.ts';
import { createCustomers, loadCounters, raiseFence, SPLIT_NAMES } from './test-support.ts';
import { requestWish } from './wish.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
});
afterAll(() => servers.close());

interface Place {
  readonly database: TestDatabase;
  readonly session: Session;
  run(more?: Partial<RunDataMigrationOptions>): Promise<DataMigrationOutcome>;
}

async function prepare(fill: (session: Session) => Promise<unknown>): Promise<Place> {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await fill(session);
  const base = {
    declared: SPLIT_NAMES,
    target: database.target,
    release: '1.1.0',
    run: 'run-1',
    fence: { deployment: 'shop', epoch: 1 },
  };
  return { database, session, run: (more) => runDataMigration(servers.system, { ...base, ...more }) };
}

/** Every row, as one UPDATE would have left it. */
async function countWrong(session: Session): Promise<unknown> {
  const { rows } = await session.query(
    `select count(*)::int as wrong from customer
     where first is distinct from case when first = 'kept' then 'kept' else split_part(name, ' ', 1) end
        or changed <> case when first = 'kept' then 0 else 1 end`,
  );
  return rows[0]?.wrong;
}

describe('runDataMigration()', () => {
  it('leaves every row as one UPDATE would, each changed once, and counters that add up', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 2_500));
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countWrong(session)).toBe(0);
    expect(await loadCounters(session, 'split-names')).toEqual({
      status: 'completed',
      scanned: 2_500,
      changed: 2_250,
      failed: 0,
      remaining: 0,
      adds_up: true,
    });
  });

  it('completes an empty table, and one whose last batch is full', async () => {
    for (const rows of [0, 100]) {
      const { session, run } = await prepare((own) => createCustomers(own, rows));
      expect(await run()).toEqual({ kind: 'completed' });
      expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: rows, adds_up: true });
    }
  });

  const KEYS: readonly {
    readonly type: string;
    readonly ddl: string;
    readonly key: readonly string[];
    readonly of: string;
  }[] = [
    { type: 'integer', ddl: 'a int, primary key (a)', key: ['a'], of: 'n - 500' },
    { type: 'uuid', ddl: 'a uuid, primary key (a)', key: ['a'], of: 'md5(n::text)::uuid' },
    { type: 'text', ddl: 'a text, primary key (a)', key: ['a'], of: `chr(97 + n % 26) || '''"\\ é' || n` },
    {
      type: 'timestamptz',
      ddl: 'a timestamptz, primary key (a)',
      key: ['a'],
      of: `'2026-01-01'::timestamptz + n * interval '1.000001 s'`,
    },
    { type: 'composite', ddl: 'a int, b text, primary key (b, a)', key: ['b', 'a'], of: `n, 'tenant ' || n % 7` },
  ];

  for (const { type, ddl, key, of } of KEYS) {
    it(`goes through keys of type ${type}`, async () => {
      const columns = key.length === 1 ? 'a' : 'a, b';
      const { session, run } = await prepare((own) =>
        own.query(
          `create table thing (${ddl}, done int not null default 0); insert into thing (${columns}) select ${of} from generate_series(1, 1000) as n`.replace(
            'a int, b text',
            'a int not null, b text not null',
          ),
        ),
      );
      const declared: SqlDataMigration = {
        ...SPLIT_NAMES,
        table: 'public.thing',
        key,
        change: { kind: 'update', set: 'done = done + 1' },
        where: 'true',
        verify: 'select count(*) from thing where done <> 1',
        batch: { rows: 37, targetMs: 1 },
      };
      expect(await run({ declared })).toEqual({ kind: 'completed' });
      expect(await loadCounters(session, 'split-names')).toMatchObject({
        scanned: 1_000,
        changed: 1_000,
        adds_up: true,
      });
    });
  }

  it('goes through a partitioned table', async () => {
    const { session, run } = await prepare((own) =>
      own.query(`create table customer (id bigint primary key, name text, first text, changed int default 0) partition by range (id);
        create table low partition of customer for values from (0) to (700); create table high partition of customer for values from (700) to (9000);
        insert into customer (id, name) select n, 'a' || n || ' b' from generate_series(1, 1500) as n`),
    );
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countWrong(session)).toBe(0);
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 1_500, adds_up: true });
  });

  it('refuses to leave out the rows that row-level security hides', async () => {
    const { database, session, run } = await prepare((own) => createCustomers(own, 20));
    await session.query(`create role tenant login; grant usage on schema onward to tenant; grant all on all tables in schema onward to tenant;
      grant pg_read_all_stats to tenant; grant all on customer to tenant;
      alter table customer enable row level security; create policy own on customer using (id < 30)`);
    const target = { ...database.target, user: 'tenant' };
    expect(await failure<OnwardError>(run({ target }))).toMatchObject({ code: 'data-migrate.batch-failed' });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ status: 'failed', scanned: 0, changed: 0 });
  });

  it('is not complete while the verification counts rows, and begins again the next time', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 50));
    const declared = { ...SPLIT_NAMES, where: 'first is null and id > 60' };
    const { rows } = await session.query<{ left: number }>(
      'select count(*)::int as left from customer where first is null and id <= 60',
    );
    const left = rows[0]?.left;
    expect(left).toBeGreaterThan(5);
    expect(await run({ declared })).toEqual({ kind: 'failed', remaining: left });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ status: 'failed', remaining: left });
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countWrong(session)).toBe(0);
    expect(await loadCounters(session, 'split-names')).toMatchObject({
      status: 'completed',
      scanned: 100,
      adds_up: true,
    });
  });

  it('tells what the server refused a batch with, and goes on with that batch', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 300));
    await session.query(`alter table customer add constraint no_151 check (first is distinct from 'name151')`);
    const error = await failure<OnwardError>(run());
    expect(error).toMatchObject({ code: 'data-migrate.batch-failed', state: 'resumable' });
    expect(error.message).toContain('no_151');
    expect(await loadCounters(session, 'split-names')).toMatchObject({ status: 'failed', scanned: 100, adds_up: true });
    await session.query('alter table customer drop constraint no_151');
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countWrong(session)).toBe(0);
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 300, changed: 270, adds_up: true });
  });

  it('refuses a declaration that could touch rows outside of its range, or miss some', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 10));
    const wrong: readonly [Partial<SqlDataMigration>, string][] = [
      [{ where: 'first is null) or (true' }, 'data-migrate.wrong-declaration'],
      [{ where: 'true limit 1' }, 'data-migrate.wrong-declaration'],
      [{ change: { kind: 'update', set: "first = ''; drop table customer" } }, 'data-migrate.wrong-declaration'],
      [{ change: { kind: 'update', set: "first = '' where true" } }, 'data-migrate.wrong-declaration'],
      [{ change: { kind: 'update', set: "first = '' from onward.run" } }, 'data-migrate.wrong-declaration'],
      [{ verify: 'delete from customer' }, 'data-migrate.wrong-declaration'],
      [{ key: ['name'] }, 'data-migrate.no-key'],
      [{ table: 'nothing' }, 'data-migrate.no-table'],
    ];
    for (const [change, code] of wrong)
      expect(
        await failure<OnwardError>(run({ declared: { ...SPLIT_NAMES, ...change } })),
        JSON.stringify(change),
      ).toMatchObject({ code });
    const { rows } = await session.query('select count(*)::int as changed from customer where changed > 0');
    expect(rows).toEqual([{ changed: 0 }]);
  });

  it('counts a verification that writes or gives no number as not complete', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 10));
    await session.query(
      `create function sly() returns bigint language sql as 'update customer set changed = 9; select 0::bigint'`,
    );
    for (const verify of ['select sly()', 'select null', 'select 0, 0', 'select 1 where false'])
      expect(await failure<OnwardError>(run({ declared: { ...SPLIT_NAMES, verify } })), verify).toMatchObject({
        code: 'data-migrate.verification-refused',
      });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ status: 'failed', remaining: null });
    expect(await countWrong(session)).toBe(0);
  });
});

describe('pause, resume and cancel', () => {
  for (const wish of ['pause', 'cancel'] as const) {
    const status = wish === 'pause' ? 'paused' : 'cancelled';
    it(`${wish} takes effect before the next batch, and resume goes on behind it`, async () => {
      const { session, run } = await prepare((own) => createCustomers(own, 1_000));
      let batches = 0;
      const outcome = await run({
        async beforeBatch() {
          batches += 1;
          if (batches === 3) await requestWish(session, { id: 'split-names', release: '1.1.0', wish });
        },
      });
      expect(outcome).toEqual({ kind: status });
      expect(await loadCounters(session, 'split-names')).toMatchObject({ status, scanned: 500, adds_up: true });
      expect(await failure<OnwardError>(run())).toMatchObject({ code: 'data-migrate.not-runnable' });
      await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'resume' });
      expect(await run()).toEqual({ kind: 'completed' });
      expect(await countWrong(session)).toBe(0);
    });
  }

  it('holds before the first run, and is refused after the last', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 10));
    const ask = (wish: 'pause' | 'resume' | 'cancel') =>
      requestWish(session, { id: 'split-names', release: '1.1.0', wish });
    expect(await ask('pause')).toBe('paused');
    expect(await failure<OnwardError>(run())).toMatchObject({ code: 'data-migrate.not-runnable' });
    expect(await ask('resume')).toBe('pending');
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await failure<OnwardError>(ask('cancel'))).toMatchObject({ code: 'data-migrate.completed-already' });
  });

  it('takes effect while the worker waits for an old transaction to end, which the status names', async () => {
    const { database, session, run } = await prepare((own) => createCustomers(own, 10));
    const old = await database.connect('report');
    await old.query('begin isolation level repeatable read; select 1 from customer');
    await until('a transaction that is old enough', async () => {
      const { rows } = await session.query(
        `select 1 from pg_stat_activity where application_name = 'report' and xact_start < clock_timestamp() - interval '20 ms'`,
      );
      return rows.length > 0;
    });
    const running = run({ pacing: { ...DEFAULT_PACING, oldSnapshotMs: 20 } });
    await until('the reason in the status', async () => {
      const { rows } = await session.query<{ reason: string | null; since: string | null }>(
        'select waiting_for as reason, waiting_since as since from onward.data_migration',
      );
      return rows[0]?.reason?.includes('(report)') && rows[0].since !== null;
    });
    await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'pause' });
    expect(await running).toEqual({ kind: 'paused' });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 0 });
    await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'resume' });
    const again = run({ pacing: { ...DEFAULT_PACING, oldSnapshotMs: 20 } });
    await old.query('commit');
    expect(await again).toEqual({ kind: 'completed' });
  });

  it('waits when it may not see what other sessions do', async () => {
    const { database, session, run } = await prepare((own) => createCustomers(own, 10));
    await session.query(
      `create role blind login; grant usage on schema onward to blind; grant all on all tables in schema onward to blind; grant all on customer to blind`,
    );
    const events: LogEvent[] = [];
    const running = run({ target: { ...database.target, user: 'blind' }, onEvent: (event) => events.push(event) });
    await until('the reason', async () => events.some(({ what }) => String(what).includes('pg_read_all_stats')));
    await session.query('grant pg_read_all_stats to blind');
    expect(await running).toEqual({ kind: 'completed' });
  });

  it('leaves interrupted work pending, to go on at its cursor', async () => {
    const { session, run } = await prepare((own) => createCustomers(own, 1_000));
    const stop = new AbortController();
    let batches = 0;
    const stopped = run({
      signal: stop.signal,
      async beforeBatch() {
        batches += 1;
        if (batches === 2) stop.abort(new Error('asked to stop'));
      },
    });
    expect((await failure(stopped)).message).toBe('asked to stop');
    expect(await loadCounters(session, 'split-names')).toMatchObject({ status: 'pending', adds_up: true });
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countWrong(session)).toBe(0);
  });
});
