import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPLIT_NAMES } from '../../src/data-migrate/test-support.ts';
import { createArchiveSignal } from '../../src/data-migrate/throttle/archive.ts';
import { createThrottle } from '../../src/data-migrate/throttle/create-throttle.ts';
import { createOldSnapshotSignal } from '../../src/data-migrate/throttle/old-snapshots.ts';
import { createRateSignal } from '../../src/data-migrate/throttle/rate.ts';
import { createRateLimit } from '../../src/data-migrate/throttle/rate-limit.ts';
import { createReplicaLagSignal } from '../../src/data-migrate/throttle/replica-lag.ts';
import type { CreateSignal, ThrottleContext } from '../../src/data-migrate/throttle/signal.ts';
import { SIGNALS } from '../../src/data-migrate/throttle/signals.ts';
import { createSlotSignal } from '../../src/data-migrate/throttle/slots.ts';
import { createVacuumSignal } from '../../src/data-migrate/throttle/vacuum.ts';
import { createVendorQuerySignal } from '../../src/data-migrate/throttle/vendor-query.ts';
import { createWindowSignal } from '../../src/data-migrate/throttle/windows.ts';
import { startTestServer, type TestDatabase, type TestServer, until } from '../../src/migrate/test-support.ts';
import { DEFAULT_PACING, type Pacing, parseTimeWindow } from '../../src/model/index.ts';
import { PostgresError, type Session } from '../../src/system/index.ts';
import { createReplica, REPLICATED, type Replica } from '../support/replica.ts';

/** One signal, with a real cause that makes it hold batches up, and the end of that cause. */
interface Member {
  readonly name: string;
  readonly create: CreateSignal;
  readonly reason: RegExp;
  readonly isAskingServer: boolean;
  readonly cause: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

const NIGHT = Date.parse('2026-11-20T23:00:00Z');
const NOON = Date.parse('2026-11-20T12:00:00Z');
const night = parseTimeWindow('22:00-06:00 UTC');
if ('problem' in night) throw new Error(night.problem);
const pacing: Pacing = {
  ...DEFAULT_PACING,
  windows: [night],
  rowsPerSecond: 100,
  replicaLagMs: 200,
  walBacklogBytes: 4 * 2 ** 20,
  oldSnapshotMs: 50,
};
const declared = { ...SPLIT_NAMES, throttle: { query: 'select length from queue', below: 100 } };
const key = { table: 'public.customer', relation: '1', columns: ['id'], types: ['bigint'], estimatedRows: undefined };

let servers: TestServer;
let database: TestDatabase;
let replica: Replica;
let session: Session;
let other: Session;
/** Moved by the tests. */
let nowMs = NIGHT;
let monotonicMs = 0;

beforeAll(async () => {
  const archived = { archive_mode: 'on', archive_command: '/bin/true' };
  servers = await startTestServer({ settings: { ...REPLICATED, ...archived, autovacuum: 'off', max_wal_size: '2GB' } });
  replica = await createReplica(servers.system, servers.server);
  database = await servers.createDatabase();
  session = await database.connect('observer');
  other = await database.connect('other');
  await other.query(`create table customer (id bigint primary key, name text);
    insert into customer select n, repeat('x', 300) from generate_series(1, 5000) as n;
    create table queue (length numeric); insert into queue values (7); create role blind login`);
  await until(
    'the standby',
    async () => (await load(`select from pg_stat_replication where replay_lsn is not null`)) > 0,
  );
});
afterAll(async () => {
  await replica.remove();
  await servers.close();
});

async function load(sql: string): Promise<number> {
  return (await other.query(sql)).rows.length;
}

/** With a clock of its own, so that an hour needs no waiting; the time of the server goes on as it does. */
function createContext(asked: Session, paced: Pacing = pacing): ThrottleContext {
  const clock = {
    ...servers.system.clock,
    now: () => new Date(nowMs),
    monotonicMs: () => performance.now() + monotonicMs,
  };
  return { clock, session: asked, declared, key, pacing: paced, rate };
}
const rate = createRateLimit({ monotonicMs: () => monotonicMs }, 100);

let slow: Promise<unknown> = Promise.resolve();
/** A vacuum that goes on until it is cancelled. */
async function vacuum(table: string): Promise<void> {
  const worker = await database.connect('slow vacuum');
  await worker.query(`set vacuum_cost_delay = '100ms'; set vacuum_cost_limit = 1; delete from ${table}`);
  slow = worker.query(`vacuum ${table}`).catch(() => {});
  await until('the vacuum', async () => (await load('select from pg_stat_progress_vacuum')) > 0);
}
async function endVacuum(): Promise<void> {
  await other.query(`select pg_cancel_backend(pid) from pg_stat_progress_vacuum`);
  await slow;
}
const configure = (setting: string) =>
  other.query(`alter system set ${setting}`).then(() => other.query('select pg_reload_conf()'));
/** The archiver takes a while to hear of its new command, and may be through with a segment by then. */
const fillSegmentsUntil = (sql: string) =>
  until('the archiver', async () => {
    await other.query(`select pg_logical_emit_message(true, 'test', 'x'), pg_switch_wal()`);
    return (await load(sql)) > 0;
  });

const MEMBERS: readonly Member[] = [
  {
    name: 'windows',
    create: createWindowSignal,
    reason: /^the next window of onward\.yaml, at 2026-11-20 22:00 UTC$/,
    isAskingServer: false,
    async cause() {
      nowMs = NOON;
    },
    async end() {
      nowMs = NIGHT;
    },
  },
  {
    name: 'rows a second',
    create: createRateSignal,
    reason: /^100 rows a second$/,
    isAskingServer: false,
    cause: async () => rate.note(300),
    async end() {
      monotonicMs += 3_000;
    },
  },
  {
    name: 'old snapshots',
    create: createOldSnapshotSignal,
    reason: /^the end of a transaction of session \d+ \(other\), open for /,
    isAskingServer: true,
    cause: () => other.query('begin isolation level repeatable read; select count(*) from customer'),
    end: () => other.query('commit'),
  },
  {
    name: 'vacuum',
    create: createVacuumSignal,
    reason: /^the vacuum of customer by session \d+$/,
    isAskingServer: true,
    cause: () => vacuum('customer'),
    end: endVacuum,
  },
  {
    name: 'standby that lags',
    create: createReplicaLagSignal,
    reason: /^standby replica, which is .* behind; 200 ms are allowed$/,
    isAskingServer: true,
    async cause() {
      await replica.holdBack();
      await other.query('insert into customer select n, repeat($$y$$, 300) from generate_series(100001, 101000) as n');
    },
    end: () => replica.goOn(),
  },
  {
    name: 'slot that keeps WAL',
    create: createSlotSignal,
    reason: /^the reader of slot consumer: .* of WAL are kept for it, 4\.0 MiB are allowed$/,
    isAskingServer: true,
    async cause() {
      await other.query(`select pg_create_logical_replication_slot('consumer', 'pgoutput')`);
      await other.query(
        `select pg_logical_emit_message(true, 'test', repeat('x', 1000000)) from generate_series(1, 6)`,
      );
    },
    end: () => other.query(`select pg_drop_replication_slot('consumer')`),
  },
  {
    name: 'archive that fails',
    create: createArchiveSignal,
    reason: /^the archive of WAL, which fails at [0-9A-F]{24}$/,
    isAskingServer: true,
    async cause() {
      await configure(`archive_command = '/bin/false'`);
      const before = await load('select from generate_series(1, (select failed_count from pg_stat_archiver))');
      await fillSegmentsUntil(`select from pg_stat_archiver where failed_count > ${before}`);
    },
    end: () => configure(`archive_command = '/bin/true'`),
  },
  {
    name: 'archive that is late',
    create: createArchiveSignal,
    reason: /^the archive of WAL: \d+\.0 MiB wait for it, 4\.0 MiB are allowed$/,
    isAskingServer: true,
    async cause() {
      await configure(`archive_command = ''`);
      await fillSegmentsUntil(`select from pg_ls_archive_statusdir() where name like '%.ready' offset 4`);
    },
    end: () => configure(`archive_command = '/bin/true'`),
  },
  {
    name: "the release's query",
    create: createVendorQuerySignal,
    reason: /^the release's throttle query to fall below 100; it gives 100$/,
    isAskingServer: true,
    cause: () => other.query('update queue set length = 100'),
    end: () => other.query('update queue set length = 99.5'),
  },
];

describe('the family of throttle signals', () => {
  it('is tried here as a whole', () => {
    expect(new Set(MEMBERS.map(({ create }) => create))).toEqual(new Set(SIGNALS));
  });

  it('lets batches run when nothing stands in their way', async () => {
    const throttle = createThrottle(createContext(session));
    // What the setup has written may not be archived yet.
    await until('no reason', async () => (await throttle.observe()) === undefined);
  });
});

for (const { name, create, reason, isAskingServer, cause, end } of MEMBERS)
  describe(`the signal of ${name}`, () => {
    it('holds batches up while its cause is there, and not before or behind it', async () => {
      const signal = create(createContext(session));
      await until('no reason', async () => (await signal.observe()) === undefined);
      await cause();
      try {
        const held = await until('the reason', () => signal.observe());
        expect(held.text).toMatch(reason);
      } finally {
        await end();
      }
      await until('the end of the reason', async () => (await signal.observe()) === undefined);
    });

    it('changes nothing', async () => {
      const reader = await database.connect('observer');
      await reader.query('set default_transaction_read_only = on');
      expect(await create(createContext(reader)).observe()).toBeUndefined();
      await reader.close();
    });

    if (isAskingServer)
      it('holds batches up when the server does not answer its question', async () => {
        const broken = await database.connect('observer');
        await broken.query('begin');
        await broken.query('select 1 / 0').catch(() => {});
        const held = await createThrottle(createContext(broken), [create]).observe();
        expect(held?.text).toMatch(/^an answer of the server about .* \(current transaction is aborted/);
        await broken.close();
      });
  });

describe('a role that may not see what others do', () => {
  const askAsBlind = async (create: CreateSignal) => {
    const target = { ...database.target, user: 'blind' };
    const blind = await servers.system.postgres.connect(target, { applicationName: 'blind' });
    return (
      await create(createContext(blind))
        .observe()
        .finally(() => blind.close())
    )?.text;
  };
  const GRANT = 'grant pg_read_all_stats to this role';

  it('waits for the right to see transactions, vacuums and standbys', async () => {
    expect(await askAsBlind(createOldSnapshotSignal)).toMatch(
      new RegExp(`^the right to see what session .*: ${GRANT}$`),
    );
    expect(await askAsBlind(createReplicaLagSignal)).toBe(`the right to see how far standby replica is: ${GRANT}`);
    await vacuum('queue');
    expect(await askAsBlind(createVacuumSignal)).toMatch(new RegExp(`^the right to see what the vacuum .*: ${GRANT}$`));
    await endVacuum();
    await other.query('insert into queue values (1)');
  });

  it('reads of the archive whether it fails', async () => {
    expect(await askAsBlind(createArchiveSignal)).toBeUndefined();
  });
});

describe('a standby that goes away', () => {
  it('is waited for while its slot is there', async () => {
    const signal = createReplicaLagSignal(createContext(session));
    await other.query(`select pg_create_physical_replication_slot('left_behind', true)`);
    expect((await signal.observe())?.text).toBe('the standby of slot left_behind, which nobody reads from');
    await other.query(`select pg_drop_replication_slot('left_behind')`);
    expect(await signal.observe()).toBeUndefined();
  });

  it('is waited for until it is back, or for five minutes without a slot', async () => {
    const signal = createReplicaLagSignal(createContext(session));
    expect(await signal.observe()).toBeUndefined();
    await replica.stop();
    const held = await until('the reason', () => signal.observe());
    expect(held.text).toBe('standby replica, which has gone away');
    monotonicMs += 299_000;
    expect((await signal.observe())?.text).toBe('standby replica, which has gone away');
    await replica.start();
    await until('the standby', async () => (await signal.observe()) === undefined);
    await replica.stop();
    await until('the reason', () => signal.observe());
    monotonicMs += 300_001;
    expect(await signal.observe()).toBeUndefined();
    await replica.start();
  });
});

describe("the release's throttle query", () => {
  const ask = (query: string) =>
    createThrottle({ ...createContext(session), declared: { ...declared, throttle: { query, below: 5 } } }, [
      createVendorQuerySignal,
    ]).observe();

  it('holds batches up unless it gives one number', async () => {
    for (const query of [
      'select null::int',
      'select 1 where false',
      'select 1, 2',
      'select n from generate_series(1, 2) as n',
      `select 'low'`,
      `select ''`,
      'select true',
      `select 'NaN'::numeric`,
      'select 1; select 2',
      'select nothing',
      'commit',
    ])
      expect(await ask(query), query).toMatchObject({ signal: "the release's throttle query" });
    for (const query of ['select 4', 'select 4.9', 'select -1::bigint', 'select 4::float8 -- ;'])
      expect(await ask(query), query).toBeUndefined();
  });

  it('cannot write', async () => {
    expect((await ask('with gone as (delete from queue returning 1) select 0 from gone'))?.text).toContain('read-only');
    expect(await load('select from queue')).toBeGreaterThan(0);
  });
});

describe('createThrottle()', () => {
  const VERDICTS = {
    go: async () => undefined,
    hold: async () => ({ text: 'something' }),
    refused: async () => {
      throw new PostgresError({ name: 'error', code: '42501', message: 'permission denied' });
    },
  };
  const signalsOf = (verdicts: readonly (keyof typeof VERDICTS)[]) =>
    verdicts.map<CreateSignal>((verdict) => () => ({ name: verdict, observe: VERDICTS[verdict] }));
  const anyVerdicts = fc.array(fc.constantFrom('go' as const, 'hold' as const, 'refused' as const), { maxLength: 6 });
  const mayRun = async (verdicts: readonly (keyof typeof VERDICTS)[]) =>
    (await createThrottle(createContext(session), signalsOf(verdicts)).observe()) === undefined;

  it('lets a batch begin only when every signal was asked and has no reason', async () => {
    await fc.assert(
      fc.asyncProperty(anyVerdicts, async (verdicts) => {
        expect(await mayRun(verdicts)).toBe(verdicts.every((verdict) => verdict === 'go'));
      }),
    );
  });

  it('never lets one begin sooner because of one more signal', async () => {
    await fc.assert(
      fc.asyncProperty(anyVerdicts, anyVerdicts, fc.nat(6), async (verdicts, more, at) => {
        const all = [...verdicts.slice(0, at), ...more, ...verdicts.slice(at)];
        if (await mayRun(all)) expect(await mayRun(verdicts)).toBe(true);
      }),
    );
  });

  it('does not take a lost connection for a reason', async () => {
    const lost: CreateSignal = () => ({
      name: 'lost',
      observe: async () => {
        throw new PostgresError({ name: 'error', code: '08006', message: 'connection failure' });
      },
    });
    await expect(createThrottle(createContext(session), [lost]).observe()).rejects.toMatchObject({ code: '08006' });
  });
});
