import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import type { LogEvent, Session } from '../system/index.ts';
import {
  collectEvents,
  failure,
  startTestServer,
  type TestDatabase,
  type TestServer,
  targetOf,
  until,
} from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer({
    settings: { max_prepared_transactions: '5', autovacuum_naptime: '1', max_connections: '60' },
  });
});
afterAll(() => servers.close());

const ADD_COLUMN = { '001_total.sql': 'alter table orders add column total int;' };

async function createOrders(database: TestDatabase): Promise<Session> {
  const session = await database.connect('admin');
  await session.query('create table orders (id int primary key, note text)');
  await session.query(`insert into orders select g, 'n' from generate_series(1, 100) g`);
  return session;
}

/** Short transactions on the table, one after the other, until stopped. Gives the longest one in milliseconds. */
function startWriter(session: Session): { stop(): Promise<number> } {
  let isStopped = false;
  let longestMs = 0;
  const writing = (async () => {
    while (!isStopped) {
      const startedMs = performance.now();
      await session.query(`update orders set note = 'w' where id = ${1 + Math.floor(Math.random() * 100)}`);
      longestMs = Math.max(longestMs, performance.now() - startedMs);
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await writing;
      return longestMs;
    },
  };
}

/** Far above the 20 ms at which the engine stays away and what a busy machine adds, far below what the long transactions here last. */
const OLD_MS = 250;

/** Counts how often a session of ours is seen waiting behind a transaction that is older than the limit. */
function watchWaits(observer: Session, olderThanMs: number): { stop(): Promise<number> } {
  return countSeen(
    observer,
    `select count(*)::int as n from pg_stat_activity ours
     join pg_stat_activity theirs on theirs.pid = any (pg_blocking_pids(ours.pid))
     where ours.application_name = 'onward migrate' and clock_timestamp() - theirs.xact_start > '${olderThanMs}ms'`,
  );
}

/** Counts how often somebody is seen who has waited behind a session of ours for longer than the limit. */
function watchStalled(observer: Session, longerThanMs: number): { stop(): Promise<number> } {
  return countSeen(
    observer,
    `select count(*)::int as n from pg_locks waiting
     join pg_stat_activity ours on ours.pid = any (pg_blocking_pids(waiting.pid))
     where ours.application_name = 'onward migrate' and clock_timestamp() - waiting.waitstart > '${longerThanMs}ms'`,
  );
}

/** Asks again and again until stopped, and adds up the answers. */
function countSeen(observer: Session, sql: string): { stop(): Promise<number> } {
  let isStopped = false;
  let seen = 0;
  const watching = (async () => {
    while (!isStopped) seen += (await observer.query<{ n: number }>(sql)).rows[0]?.n ?? 0;
  })();
  return {
    async stop() {
      isStopped = true;
      await watching;
      return seen;
    },
  };
}

/** Whom the run named when it first had to wait. */
function firstBlockers(events: readonly LogEvent[]): unknown {
  return events.find(({ type }) => type === 'migrate.waiting')?.blockers;
}

async function columns(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = 'orders'::regclass and attnum > 0 order by attnum`,
  );
  return rows.map(({ name }) => name);
}

describe('a strong lock', () => {
  it('is not asked for while an old transaction holds the table, and is taken between short ones', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const reader = await database.connect('reports');
    await reader.query('begin; select count(*) from orders');
    const writers = [startWriter(await database.connect()), startWriter(await database.connect())];
    const waits = watchWaits(await database.connect('observer'), OLD_MS);
    const { events, onEvent } = collectEvents();
    const applying = database.apply(ADD_COLUMN, { onEvent });
    await until('the run to wait', async () => events.some(({ type }) => type === 'migrate.waiting'));
    const { rows } = await admin.query<{ age: number }>(
      `select extract(epoch from clock_timestamp() - now())::int as age, pg_sleep(0.7)`,
    );
    expect(rows).toHaveLength(1);
    await reader.query('commit');
    const report = await applying;
    expect(await waits.stop()).toBe(0);
    await Promise.all(writers.map((writer) => writer.stop()));
    expect(await columns(admin)).toEqual(['id', 'note', 'total']);
    expect(report.applied[0]?.locksWaited).toBeGreaterThanOrEqual(1);
    // A writer that the machine lets wait for its turn is old for a moment too.
    expect(firstBlockers(events)).toContainEqual(
      expect.stringMatching(
        /^pid \d+ \(reports, user postgres, idle in transaction\) holds AccessShareLock on orders, in a transaction for .*: begin; select count\(\*\) from orders$/,
      ),
    );
    expect(firstBlockers(events)).not.toContainEqual(expect.stringMatching(/^pid \d+ \([^)]*, idle\)/));
  });

  it('is given up cleanly when nobody lets go, and the error names who', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const reader = await database.connect('reports');
    await reader.query(`begin; select '${'secret'.repeat(20)}', count(*) from orders`);
    const error = await failure<OnwardError>(
      database.apply(
        {
          '001_n.sql': 'create table n ();',
          '002_total.sql': '-- total\n\nalter table orders\n  add column total int;',
        },
        { lockWaitMs: 300 },
      ),
    );
    expect(error.code).toBe('migrate.lock-not-obtained');
    expect(error.message).toMatch(
      /^Could not run 002_total\.sql:3: for \d+ ms there was no moment to take its lock without stalling the application; in the way: pid \d+ \(reports, user postgres, idle in transaction\) holds AccessShareLock on orders, in a transaction for \d+ ms: begin; select '…', count\(\*\) from orders\. The schema is unchanged by this file; the file before it is applied\.$/,
    );
    expect(error.detail).toBe(
      ['  1 | -- total', '  2 |', '> 3 | alter table orders', '    | ^', '  4 |   add column total int;'].join('\n'),
    );
    expect(error).toMatchObject({ state: 'resumable', exit: 5 });
    expect(await columns(admin)).toEqual(['id', 'note']);
  });

  it('waits for a prepared transaction and names it', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query('begin; update orders set id = id where id = 1');
    await admin.query(`prepare transaction 'forgotten'`);
    const error = await failure<OnwardError>(database.apply(ADD_COLUMN, { lockWaitMs: 200 }));
    expect(error.message).toContain(
      'in the way: prepared transaction "forgotten" of postgres holds RowExclusiveLock on orders',
    );
    await admin.query(`rollback prepared 'forgotten'`);
    expect((await database.apply(ADD_COLUMN)).applied).toHaveLength(1);
  });

  it('makes an autovacuum give way without stalling anybody', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(`alter table orders set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
      autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`);
    await admin.query(`insert into orders select g, repeat('n', 200) from generate_series(101, 5000) g`);
    await admin.query('delete from orders where id % 2 = 0');
    const vacuuming = () =>
      admin
        .query(`select from pg_stat_progress_vacuum where relid = 'orders'::regclass`)
        .then(({ rows }) => rows.length > 0);
    await until('autovacuum to start', vacuuming);
    const writer = startWriter(await database.connect());
    const stalled = watchStalled(await database.connect('observer'), OLD_MS);
    const { events, onEvent } = collectEvents();
    await database.apply(ADD_COLUMN, { onEvent });
    expect(await stalled.stop()).toBe(0);
    await writer.stop();
    expect(firstBlockers(events)).toContainEqual(
      expect.stringMatching(/^pid \d+ \(autovacuum.*\) holds ShareUpdateExclusiveLock on orders/),
    );
    expect(await columns(admin)).toContain('total');
  });

  it('is asked for only briefly by a statement whose locks cannot be told, and then waited for', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const reader = await database.connect('reports');
    await reader.query('begin; select count(*) from orders');
    const { events, onEvent } = collectEvents();
    const applying = database.apply(
      { '001_do.sql': `do $$ begin execute 'alter table orders add column total int'; end $$;` },
      { onEvent },
    );
    await until('the run to wait', async () => events.some(({ type }) => type === 'migrate.waiting'));
    await admin.query('select pg_sleep(0.7)');
    expect(events.filter(({ type }) => type === 'migrate.retry')).toHaveLength(1);
    await reader.query('commit');
    await applying;
    expect(await columns(admin)).toContain('total');
  });

  it('is looked up again where the file itself has changed what names mean', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query('create schema shop; create table shop.items (id int)');
    const reader = await database.connect('reports');
    await reader.query('begin; select count(*) from shop.items');
    const { events, onEvent } = collectEvents();
    const waits = watchWaits(await database.connect('observer'), OLD_MS);
    const applying = database.apply(
      { '001_items.sql': 'set search_path = shop;\nalter table items add column total int;' },
      { onEvent },
    );
    await until('the run to wait', async () => events.some(({ type }) => type === 'migrate.waiting'));
    await admin.query('select pg_sleep(0.7)');
    await reader.query('commit');
    await applying;
    expect(await waits.stop()).toBe(0);
  });
});

describe('a role that may not see what others do', () => {
  it('waits all the same, and names the process that is in the way', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(`create role weak login; grant create on database ${database.name} to weak; grant all on schema public to weak;
      alter table orders owner to weak`);
    const target = await targetOf(database.url.replace('postgres@', 'weak@'));
    const reader = await database.connect('reports');
    await reader.query('begin; select count(*) from orders');
    const writer = startWriter(await database.connect());
    const error = await failure<OnwardError>(database.apply(ADD_COLUMN, { target, lockWaitMs: 200 }));
    const waits = watchWaits(await database.connect('observer'), OLD_MS);
    expect(error.message).toMatch(/in the way: .*pid \d+ \(.*\) holds AccessShareLock on orders/);
    const { events, onEvent } = collectEvents();
    const applying = database.apply(ADD_COLUMN, { target, onEvent });
    await until('the run to wait', async () => events.some(({ type }) => type === 'migrate.waiting'));
    await admin.query('select pg_sleep(0.7)');
    await reader.query('commit');
    await applying;
    await writer.stop();
    expect(await waits.stop()).toBe(0);
    expect(await columns(admin)).toContain('total');
  });
});

describe('a strong statement that cannot be in a transaction', () => {
  it('waits for its moment too, and is recorded once', async () => {
    const database = await servers.createDatabase();
    await createOrders(database);
    const reader = await database.connect('reports');
    await reader.query('begin; select count(*) from orders');
    const waits = watchWaits(await database.connect('observer'), OLD_MS);
    const { events, onEvent } = collectEvents();
    const applying = database.apply({ '001_full.sql': 'vacuum full orders;' }, { onEvent });
    await until('the run to wait', async () => events.some(({ type }) => type === 'migrate.waiting'));
    await reader.query('select pg_sleep(0.7)');
    await reader.query('commit');
    await applying;
    expect(await waits.stop()).toBe(0);
    expect(await database.ledger()).toEqual(['001_full.sql']);
  });
});

describe('what a killed run has left at work', () => {
  it('is ended before the next run looks at the ledger', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const orphan = await database.connect('onward migrate');
    await orphan.query('begin; alter table orders add column total int');
    const working = failure(orphan.query('select pg_sleep(60)'));
    await database.apply(ADD_COLUMN);
    expect((await working).message).toContain('terminating connection');
    expect(await columns(admin)).toEqual(['id', 'note', 'total']);
  });
});

describe('a time limit for a class of statements', () => {
  it('ends a statement of that class, and none of another', async () => {
    const database = await servers.createDatabase();
    await createOrders(database);
    const statementTimeoutsMs = { dml: 50 };
    const slow = { '001_slow.sql': `update orders set note = pg_sleep(0.1)::text where id < 3;` };
    const error = await failure<OnwardError>(database.apply(slow, { statementTimeoutsMs }));
    expect(error.message).toContain('canceling statement due to statement timeout (57014)');
    await database.apply({ '001_slow.sql': 'do $$ begin perform pg_sleep(0.1); end $$;' }, { statementTimeoutsMs });
    expect(await database.ledger()).toEqual(['001_slow.sql']);
  });
});

describe('the lock budget', () => {
  it('takes a file back that makes the application wait, tries again, and says which statement held the lock', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const writer = startWriter(await database.connect());
    const error = await failure<OnwardError>(
      database.apply({ '001_slow.sql': 'alter table orders add column total int;\nselect pg_sleep(20);' }),
    );
    const longestMs = await writer.stop();
    expect(error.code).toBe('migrate.lock-held-too-long');
    expect(error.message).toBe(
      'Could not run 001_slow.sql:1: under its lock the file takes longer than the application may wait (50 ms); it was taken back 3 times. The schema is unchanged by this file.',
    );
    expect(error).toMatchObject({ state: 'unchanged', exit: 1 });
    expect(await columns(admin)).toEqual(['id', 'note']);
    // Without the monitor it would have been twenty seconds.
    expect(longestMs).toBeLessThan(15_000);
  });

  it('lets a slow file be when nobody waits, and records who was stalled for how long', async () => {
    const database = await servers.createDatabase();
    await createOrders(database);
    const slow = 'alter table orders add column total int;\nselect pg_sleep(0.3);';
    const quiet = await database.apply({ '001_slow.sql': slow });
    expect(quiet.applied[0]).toMatchObject({ stalledSessions: 0, stalledMs: 0, locksWaited: 0 });
    const busy = await database.connect();
    const { onEvent, events } = collectEvents();
    const applying = database.apply(
      { '001_slow.sql': slow, '002_slow.sql': slow.replace('total', 'tax') },
      { lockBudgetMs: 5_000, onEvent },
    );
    await until('the second file', async () => events.some(({ type }) => type === 'migrate.file-started'));
    await until('a stalled query', async () => {
      const started = performance.now();
      await busy.query('select count(*) from orders');
      return performance.now() - started > 50;
    });
    const report = await applying;
    expect(report.applied[0]?.stalledSessions).toBe(1);
    expect(report.applied[0]?.stalledMs).toBeGreaterThan(20);
    const { rows } = await busy.query(
      'select stalled_sessions, stalled_ms from onward.migration order by id desc limit 1',
    );
    expect(rows).toEqual([{ stalled_sessions: 1, stalled_ms: Math.round(report.applied[0]?.stalledMs ?? 0) }]);
  });
});

describe('two runs at once', () => {
  it('do not wait for each other in a deadlock while an index is built concurrently', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const old = await database.connect('reports');
    await old.query('begin isolation level repeatable read; select 1');
    const files = {
      '001_index.sql': 'create index concurrently orders_note on orders (note);',
      '002_more.sql': 'create table more ();',
    };
    const { events, onEvent } = collectEvents();
    const first = database.apply(files, { onEvent });
    await until('the build to wait for the old snapshot', async () =>
      events.some(({ type, phase }) => type === 'migrate.progress' && String(phase).startsWith('waiting')),
    );
    const second = database.apply(files, { run: 'run-2', onEvent });
    const waiting = await until('the second run to wait', async () =>
      events.find(({ type }) => type === 'migrate.runner-waiting'),
    );
    expect(waiting.holder).toMatch(/^pid \d+, onward migrate, user postgres, connected since \d{4}-\d\d-\d\d .* UTC$/);
    // Long enough for the deadlock check of the server, were there anything to find.
    await admin.query('select pg_sleep(1.2)');
    await old.query('commit');
    const reports = await Promise.all([first, second]);
    expect(reports.map(({ applied }) => applied.length)).toEqual([2, 0]);
    const busy = await failure<OnwardError>(
      (async () => {
        const holder = await database.connect('onward migrate');
        await holder.query('select pg_advisory_lock(1869508193, 1835624960)');
        return database.apply({ ...files, '003_late.sql': 'select 1;' }, { lockWaitMs: 100 });
      })(),
    );
    expect(busy.code).toBe('migrate.runner-busy');
    expect(busy.message).toContain('onward migrate, user postgres');
  });
});
