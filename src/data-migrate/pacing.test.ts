import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReplica, REPLICATED } from '../../test/support/replica.ts';
import { createLedger } from '../migrate/index.ts';
import { failure, startTestServer, type TestServer, until } from '../migrate/test-support.ts';
import { DEFAULT_PACING, type OnwardError, type Pacing, parseTimeWindow } from '../model/index.ts';
import type { LogEvent, Session } from '../system/index.ts';
import { observeDataMigration } from './observe.ts';
import { type RunDataMigrationOptions, runDataMigration } from './run-data-migration.ts';
import { createCustomers, loadCounters, raiseFence, SPLIT_NAMES } from './test-support.ts';
import { requestWish } from './wish.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer({ settings: { ...REPLICATED, autovacuum: 'off' } });
});
afterAll(() => servers.close());

async function prepare(rows: number) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await createCustomers(session, rows);
  const options: RunDataMigrationOptions = {
    declared: { ...SPLIT_NAMES, batch: { rows: 50, targetMs: 10 } },
    target: database.target,
    release: '1.1.0',
    run: 'run-1',
    fence: { deployment: 'shop', epoch: 1 },
  };
  const pace = (pacing: Partial<Pacing>): Pacing => ({ ...DEFAULT_PACING, ...pacing });
  return { database, session, options, pace };
}

async function loadWaiting(session: Session): Promise<{ readonly reason: string; readonly since: string } | undefined> {
  const { rows } = await session.query<{ reason: string | null; since: string; scanned: string }>(
    'select waiting_for as reason, waiting_since::text as since from onward.data_migration',
  );
  const [row] = rows;
  return row && row.reason !== null ? { reason: row.reason, since: row.since } : undefined;
}

/** What a run does between its batches, with a place for the test to step in and a count of how often it looked. */
function createHook(at: number, stepIn: () => Promise<void>) {
  const seen = { looks: 0 };
  const beforeBatch = async () => {
    seen.looks += 1;
    if (seen.looks === at) await stepIn();
  };
  return { seen, beforeBatch };
}

async function expectNoBatch(session: Session, seen: { readonly looks: number }): Promise<void> {
  const before = await loadCounters(session, 'split-names');
  const looks = seen.looks + 2;
  await until('two more looks', async () => seen.looks >= looks);
  expect((await loadCounters(session, 'split-names')).scanned).toBe(before.scanned);
}

describe('a run beside a standby', () => {
  it('begins no batch once the standby is farther behind than allowed, and goes on when it has caught up', async () => {
    const replica = await createReplica(servers.system, servers.server);
    try {
      const { session, options, pace } = await prepare(2_000);
      await until('the standby', async () => {
        const { rows } = await session.query('select from pg_stat_replication where replay_lsn is not null');
        return rows.length > 0;
      });
      let scannedThen: unknown;
      const { seen, beforeBatch } = createHook(3, async () => {
        await replica.holdBack();
        await session.query(`insert into customer select n, 'late comer' from generate_series(900001, 901000) as n`);
        const { rows: now } = await session.query<{ now: string }>('select clock_timestamp()::text as now');
        // What the server shows of a standby is as old as its last word.
        await until('the lag', async () => {
          const { rows } = await session.query<{ late: boolean }>(
            `select replay_lag > interval '400 ms' and reply_time > $1::timestamptz + interval '400 ms' as late
             from pg_stat_replication`,
            [now[0]?.now],
          );
          return rows[0]?.late === true;
        });
        scannedThen = (await loadCounters(session, 'split-names')).scanned;
      });
      const running = runDataMigration(servers.system, {
        ...options,
        pacing: pace({ replicaLagMs: 400 }),
        beforeBatch,
      });
      const waiting = await until('the reason', () => loadWaiting(session));
      expect(waiting.reason).toMatch(/^standby replica, which is .* behind; 400 ms are allowed$/);
      await expectNoBatch(session, seen);
      expect((await loadCounters(session, 'split-names')).scanned).toBe(scannedThen);
      await replica.goOn();
      expect(await running).toEqual({ kind: 'completed' });
      expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 3_000, adds_up: true });
      expect(await loadWaiting(session)).toBeUndefined();
    } finally {
      await replica.remove();
    }
  });
});

describe('a run beside a vacuum', () => {
  it('begins no batch while the table is vacuumed', async () => {
    const { database, session, options, pace } = await prepare(3_000);
    const vacuum = await database.connect('vacuum');
    let ended: Promise<unknown> = Promise.resolve();
    const { seen, beforeBatch } = createHook(3, async () => {
      await vacuum.query(`set vacuum_cost_delay = '100ms'; set vacuum_cost_limit = 1`);
      ended = vacuum.query('vacuum customer').catch(() => {});
      await until('the vacuum', async () => {
        const { rows } = await session.query('select from pg_stat_progress_vacuum');
        return rows.length > 0;
      });
    });
    // A pause behind each batch, and so a look before each.
    const pacing = pace({ rowsPerSecond: 2_000 });
    const running = runDataMigration(servers.system, { ...options, pacing, beforeBatch });
    const waiting = await until('the reason', () => loadWaiting(session));
    expect(waiting.reason).toBe(`the vacuum of customer by session ${vacuum.backendPid}`);
    await expectNoBatch(session, seen);
    await session.query(`select pg_cancel_backend(${vacuum.backendPid})`);
    await ended;
    expect(await running).toEqual({ kind: 'completed' });
  });
});

describe('a run outside of its windows', () => {
  it('begins no batch until one opens, and can be paused meanwhile', async () => {
    const { session, options, pace } = await prepare(500);
    const night = parseTimeWindow('22:00-06:00 UTC');
    if ('problem' in night) throw new Error(night.problem);
    let now = '2026-11-20T21:00:00Z';
    const system = { ...servers.system, clock: { ...servers.system.clock, now: () => new Date(now) } };
    const run = () => runDataMigration(system, { ...options, pacing: pace({ windows: [night] }) });
    const running = run();
    const waiting = await until('the reason', () => loadWaiting(session));
    expect(waiting.reason).toBe('the next window of onward.yaml, at 2026-11-20 22:00 UTC');
    await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'pause' });
    expect(await running).toEqual({ kind: 'paused' });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 0 });
    await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'resume' });
    const again = run();
    await until('the reason', () => loadWaiting(session));
    now = '2026-11-20T22:00:00Z';
    expect(await again).toEqual({ kind: 'completed' });
  });
});

describe('a run with a limit of rows a second', () => {
  it('keeps its batches small, and takes as long as the limit says', async () => {
    const { session, options, pace } = await prepare(500);
    const startedAt = performance.now();
    const declared = { ...SPLIT_NAMES, batch: { rows: 1_000, targetMs: 250 } };
    const paced = { ...options, declared, pacing: pace({ rowsPerSecond: 200 }) };
    expect(await runDataMigration(servers.system, paced)).toEqual({ kind: 'completed' });
    // The last batch is not paid for.
    expect(performance.now() - startedAt).toBeGreaterThan(1_950);
    const { rows } = await session.query<{ scanned: string }>(
      'select scanned from onward.data_migration_batch order by batch',
    );
    expect(rows.map(({ scanned }) => Number(scanned))).toEqual(Array.from({ length: 50 }, () => 10));
  });
});

describe('two data migrations of one run on one table', () => {
  it('are not at work at once: the second is refused, and runs when the first is complete', async () => {
    const { session, options } = await prepare(300);
    const other = { ...options, declared: { ...options.declared, id: 'other-names' } };
    let refused: Promise<OnwardError> | undefined;
    const { beforeBatch } = createHook(2, async () => {
      refused = failure<OnwardError>(runDataMigration(servers.system, other));
      await refused;
    });
    expect(await runDataMigration(servers.system, { ...options, beforeBatch })).toEqual({ kind: 'completed' });
    expect(await refused).toMatchObject({ code: 'data-migrate.table-busy', state: 'unchanged' });
    expect(await loadCounters(session, 'other-names')).toEqual({});
    expect(await runDataMigration(servers.system, other)).toEqual({ kind: 'completed' });
  });

  it('does not count one of an earlier epoch, which can do nothing any more', async () => {
    const { session, options } = await prepare(300);
    await session.query(`insert into onward.data_migration (id, release, status, holder, epoch, relation)
      values ('cut-off', '1.0.0', 'running', 'dead', 1, 'customer'::regclass)`);
    await raiseFence(session, 2);
    const fence = { deployment: 'shop', epoch: 2 };
    expect(await runDataMigration(servers.system, { ...options, fence })).toEqual({ kind: 'completed' });
  });
});

describe('what is on record of a run', () => {
  it('says how far it is and how fast it goes, by the statistics or else by a count', async () => {
    const { session, options } = await prepare(1_000);
    const events: LogEvent[] = [];
    let underway: Awaited<ReturnType<typeof observeDataMigration>> | undefined;
    const beforeBatch = async () => {
      const seen = await observeDataMigration(session, 'split-names');
      if (seen.scanned > 0) underway ??= seen;
    };
    await runDataMigration(servers.system, { ...options, beforeBatch, onEvent: (event) => events.push(event) });
    const { scanned = 0, progress } = underway ?? {};
    expect(progress).toMatchObject({ estimatedRows: 1_000, share: scanned / 1_000 });
    expect(progress?.rowsPerSecond).toBeGreaterThan(0);
    expect(progress?.etaMs).toBe(Math.round(((1_000 - scanned) * 1_000) / (progress?.rowsPerSecond ?? 0)));
    expect((await observeDataMigration(session, 'split-names')).progress).toEqual({ estimatedRows: 1_000, share: 1 });
    expect(events.filter(({ type }) => type === 'data.progress').at(-1)).toMatchObject({
      scanned: 1_000,
      share: 1,
      etaMs: 0,
    });
  });
});

describe("a run with the release's query", () => {
  it('waits while it is not below its limit, and says since when in the same words or in others', async () => {
    const { session, options } = await prepare(200);
    await session.query('create table queue (length int); insert into queue values (70)');
    const throttle = { query: 'select length from queue', below: 50 };
    const events: LogEvent[] = [];
    const running = runDataMigration(servers.system, {
      ...options,
      declared: { ...options.declared, throttle },
      onEvent: (event) => events.push(event),
    });
    const first = await until('the reason', () => loadWaiting(session));
    expect(first.reason).toBe("the release's throttle query to fall below 50; it gives 70");
    await session.query('update queue set length = 60');
    const second = await until('other words', async () => {
      const waiting = await loadWaiting(session);
      return waiting?.reason.endsWith('gives 60') ? waiting : undefined;
    });
    expect(second.since).toBe(first.since);
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 0 });
    await session.query('update queue set length = 49');
    expect(await running).toEqual({ kind: 'completed' });
    expect(events.filter(({ type }) => type === 'data.waiting')).toHaveLength(2);
  });
});
