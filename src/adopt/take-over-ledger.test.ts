import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerServer, startLedgerServer, type TestFiles } from '../../test/support/ledger-server.ts';
import { createLedger } from '../migrate/index.ts';
import { failure, type TestDatabase, until } from '../migrate/test-support.ts';
import type { OnwardError } from '../model/index.ts';
import { planLedger } from './plan-ledger.ts';
import { takeOverLedger } from './take-over-ledger.ts';

let server: LedgerServer;
beforeAll(async () => {
  server = await startLedgerServer();
});
afterAll(async () => {
  await server?.close();
});

const FILES: TestFiles = [
  ['0001_customer.sql', 'create table customer (id bigint primary key, name text not null);\n'],
  ['0002_note.sql', 'alter table customer add column note text;\n'],
  ['0003_invoice.sql', 'create table invoice (id bigint primary key);\n'],
];
const LEDGER = 'create table schema_migrations (version varchar primary key)';
const APPLIED = `insert into schema_migrations values ('0001'), ('0002')`;

/** A database that dbmate has brought to its second file. */
async function createDatabase(): Promise<TestDatabase> {
  return server.createDatabase(FILES[0]?.[1] ?? '', FILES[1]?.[1] ?? '', LEDGER, APPLIED);
}

async function recorded(database: TestDatabase): Promise<readonly string[]> {
  const session = await database.connect();
  const { rows } = await session.query<{ path: string }>(
    `select path from onward.migration union all select key from onward.adopted order by 1`,
  );
  return rows.map(({ path }) => path);
}

const ALL = ['0001_customer.sql', '0002_note.sql', '1', '2'];

describe('takeOverLedger()', () => {
  it('leaves nothing behind when it is cut off in the middle of writing, and goes through the next time', async () => {
    const database = await createDatabase();
    const { system } = server.test;
    const guard = await database.connect('guard');
    await createLedger(system, guard);
    // The files are written first, then their evidence: it waits for this lock in between.
    await guard.query('begin; lock table onward.adopted in access exclusive mode');
    const cut = failure<OnwardError>(server.takeOver(database, FILES));
    const watcher = await database.connect('watcher');
    const writer = await until('the takeover to wait in the middle of writing', async () => {
      const { rows } = await watcher.query<{ pid: number }>(
        `select pid from pg_catalog.pg_locks where relation = 'onward.adopted'::regclass and not granted
         and pid in (select pid from pg_catalog.pg_locks where relation = 'onward.migration'::regclass and mode = 'RowExclusiveLock')`,
      );
      return rows[0]?.pid;
    });
    await watcher.query(`select pg_catalog.pg_terminate_backend(${writer})`);
    expect((await cut).message).toMatch(/terminat|connection|gone/i);
    await guard.query('rollback');
    expect(await recorded(database)).toEqual([]);
    expect(await server.takeOver(database, FILES)).toBe(2);
    expect(await recorded(database)).toEqual(ALL);
  });

  it('records everything once when two take over at the same time', async () => {
    const database = await createDatabase();
    const both = await Promise.all([server.takeOver(database, FILES), server.takeOver(database, FILES)]);
    expect([...both].sort()).toEqual([0, 2]);
    expect(await recorded(database)).toEqual(ALL);
  });

  it('adds what the other tool has applied since', async () => {
    const database = await createDatabase();
    await server.takeOver(database, FILES);
    const session = await database.connect('dbmate');
    await session.query(`${FILES[2]?.[1]}; insert into schema_migrations values ('0003')`);
    expect(await server.takeOver(database, FILES)).toBe(1);
    expect((await server.status(database, FILES)).pending).toEqual([]);
  });

  it('records nothing when the other ledger changed after it was read', async () => {
    const database = await createDatabase();
    const plan = await planLedger(server.test.system, await server.request(database, FILES));
    const session = await database.connect('dbmate');
    await session.query(`insert into schema_migrations values ('0003')`);
    const error = await failure<OnwardError>(takeOverLedger(server.test.system, plan, { run: 'adopt-late' }));
    expect(error).toMatchObject({ code: 'adopt.changed-meanwhile', state: 'unchanged' });
    expect(await recorded(database)).toEqual([]);
  });

  it('records nothing while the other tool is at work, and names it', async () => {
    const database = await createDatabase();
    const session = await database.connect('dbmate');
    await session.query(`begin; insert into schema_migrations values ('0003')`);
    const error = await failure<OnwardError>(server.takeOver(database, FILES));
    expect(error).toMatchObject({ code: 'adopt.tool-at-work', state: 'unchanged' });
    expect(error.message).toContain(`pid ${session.backendPid} (dbmate)`);
    await session.query('rollback');
    expect(await recorded(database)).toEqual([]);
  });

  it.each([
    // The hash that Flyway adds is that of its table's name: "public"."flyway_schema_history".
    [
      'flyway',
      '77433833903597',
      'flyway_schema_history (installed_rank int, version varchar, description varchar, type varchar, script varchar, checksum int, installed_by varchar, installed_on timestamp, execution_time int, success boolean)',
    ],
    [
      'goose',
      '5887940537704921958',
      'goose_db_version (id int, version_id bigint, is_applied boolean, tstamp timestamp)',
    ],
    ['node-pg-migrate', '7241865325823964', 'pgmigrations (id int, name varchar, run_on timestamp)'],
    [
      'prisma',
      '72707369',
      '_prisma_migrations (id varchar, checksum varchar, finished_at timestamptz, migration_name varchar, logs text, rolled_back_at timestamptz, started_at timestamptz, applied_steps_count int)',
    ],
  ])('knows the lock that %s holds while it is at work', async (tool, key, table) => {
    const database = await server.createDatabase(`create table ${table}`);
    const session = await database.connect(tool);
    await session.query(`select pg_advisory_lock(${key})`);
    const error = await failure<OnwardError>(server.takeOver(database, []));
    expect(error).toMatchObject({ code: 'adopt.tool-at-work', state: 'unchanged' });
    expect(error.message).toContain(`pid ${session.backendPid} (${tool})`);
    await session.query(`select pg_advisory_unlock(${key})`);
    expect(await server.takeOver(database, [])).toBe(0);
  });

  it('records nothing once another run of the deployment has taken over', async () => {
    const database = await createDatabase();
    const session = await database.connect();
    await createLedger(server.test.system, session);
    await session.query(`insert into onward.fence (deployment, epoch) values ('shop', 8)`);
    const plan = await planLedger(server.test.system, await server.request(database, FILES));
    const takeOver = (epoch: number) =>
      takeOverLedger(server.test.system, plan, { run: 'adopt-fenced', fence: { deployment: 'shop', epoch } });
    expect(await failure<OnwardError>(takeOver(7))).toMatchObject({ code: 'migrate.fenced', exit: 6 });
    expect(await recorded(database)).toEqual([]);
    expect(await takeOver(8)).toBe(2);
  });

  it('leaves what Onward has applied itself as it is', async () => {
    const database = await createDatabase();
    await server.takeOver(database, FILES);
    await database.apply(Object.fromEntries(FILES), { release: '' });
    const session = await database.connect();
    await session.query(`insert into schema_migrations values ('0003')`);
    expect(await server.takeOver(database, FILES)).toBe(0);
    const { rows } = await session.query(`select origin from onward.migration order by path`);
    expect(rows).toEqual([{ origin: 'dbmate' }, { origin: 'dbmate' }, { origin: 'onward' }]);
  });

  it('refuses a file that reads differently from what is on record, whatever the other ledger says', async () => {
    const database = await createDatabase();
    await server.takeOver(database, FILES);
    const edited: TestFiles = [
      [FILES[0]?.[0] ?? '', 'create table other (id bigint primary key);\n'],
      ...FILES.slice(1),
    ];
    const error = await failure<OnwardError>(server.takeOver(database, edited));
    expect(error.findings.map(({ code }) => code)).toContain('adopt.differs-from-record');
  });

  it('replaces a name by a better proof when there is one, and never the other way', async () => {
    const database = await createDatabase();
    const session = await database.connect();
    const proofs = async () => (await session.query('select proof from onward.adopted order by key')).rows;
    await server.takeOver(database, FILES);
    expect(await proofs()).toEqual([{ proof: 'name' }, { proof: 'name' }]);
    await server.takeOver(database, FILES, { prove: true });
    await server.takeOver(database, FILES);
    expect(await proofs()).toEqual([{ proof: 'schema' }, { proof: 'schema' }]);
  });

  it('says which right is missing when the role may not read the other ledger', async () => {
    const database = await createDatabase();
    const session = await database.connect();
    await session.query(`create role reader login; revoke all on schema_migrations from public`);
    const request = await server.request(database, FILES);
    const plan = planLedger(server.test.system, { ...request, target: { ...request.target, user: 'reader' } });
    const error = await failure<OnwardError>(plan);
    expect(error).toMatchObject({ code: 'adopt.unreadable-ledger', state: 'unchanged' });
    expect(error.hint).toContain('grant select on schema_migrations to');
  });
});
