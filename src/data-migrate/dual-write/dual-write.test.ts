import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyStatements, createLedger } from '../../migrate/index.ts';
import { failure, startTestServer, type TestDatabase, type TestServer, until } from '../../migrate/test-support.ts';
import type { OnwardError } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import { runDataMigration } from '../run-data-migration.ts';
import { createCustomers, raiseFence, SPLIT_NAMES } from '../test-support.ts';
import { loadDualWrites } from './ledger.ts';
import { observeDualWrite } from './observe.ts';
import { planDualWrite, planDualWriteRemoval } from './plan.ts';
import { type DualWriting, dualWriteName } from './render.ts';

const DECLARED: DualWriting = {
  ...SPLIT_NAMES,
  dualWrite: {
    timing: 'before',
    events: ['insert', 'update'],
    body: "if new.first is null then new.first := split_part(new.name, ' ', 1); end if -- both shapes",
  },
};
const NAME = 'onward_dual_write_split-names';

async function prepare(servers: TestServer, fill: (session: Session) => Promise<unknown>) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await fill(session);
  return { database, session, ...changes(servers, database) };
}

function changes(servers: TestServer, database: TestDatabase) {
  const options = { database: 'core', target: database.target, release: '1.1.0', run: 'run-1' };
  const fence = { deployment: 'shop', epoch: 1 };
  return {
    install: (declared = DECLARED, more: Partial<Parameters<typeof applyStatements>[1]> = {}) =>
      applyStatements(servers.system, { ...options, fence, ...more }, (session) =>
        planDualWrite(session, declared, { release: '1.1.0', run: 'run-1', epoch: 1 }),
      ),
    remove: () =>
      applyStatements(servers.system, { ...options, fence }, (session) => planDualWriteRemoval(session, 'split-names')),
    run: (declared = DECLARED) => runDataMigration(servers.system, { ...options, fence, declared }),
  };
}

async function triggersOf(session: Session): Promise<readonly unknown[]> {
  const { rows } = await session.query(
    `select tgrelid::regclass::text as "table", tgname as name from pg_trigger where tgname like 'onward%' order by 1`,
  );
  return rows;
}

describe.each(['14', '15', '16', '17', '18'] as const)('a dual write on Postgres %s', (version) => {
  let servers: TestServer;
  beforeAll(async () => {
    servers = await startTestServer({ version });
  });
  afterAll(() => servers.close());

  it('is installed once, keeps rows in both shapes, and is removed with its function', async () => {
    const { session, install, remove } = await prepare(servers, (own) => createCustomers(own, 10));
    expect(await observeDualWrite(session, DECLARED)).toBe('absent');
    expect(await install()).toBe(true);
    expect(await install()).toBe(false);
    expect(await observeDualWrite(session, DECLARED)).toBe('same');
    await session.query(`insert into customer (id, name) values (1, 'Ada Lovelace')`);
    expect((await session.query('select first from customer where id = 1')).rows).toEqual([{ first: 'Ada' }]);
    expect(await loadDualWrites(session)).toMatchObject([
      { id: 'split-names', release: '1.1.0', table: 'public.customer', name: NAME, removedAt: null },
    ]);
    expect(await remove()).toBe(true);
    expect(await remove()).toBe(false);
    expect(await triggersOf(session)).toEqual([]);
    expect((await session.query(`select 1 from pg_proc where proname like 'onward%'`)).rows).toEqual([]);
    expect((await loadDualWrites(session))[0]?.removedAt).not.toBe(null);
    expect(await install()).toBe(true);
    expect((await loadDualWrites(session))[0]?.removedAt).toBe(null);
  });

  it('is on every partition, later ones too, and one that is switched off on a partition does not pass', async () => {
    const { session, install, remove, run } = await prepare(servers, (own) =>
      own.query(`create table customer (id bigint primary key, name text, first text, changed int default 0) partition by range (id);
        create table low partition of customer for values from (0) to (700);
        insert into customer (id, name) select n, 'a' || n || ' b' from generate_series(1, 500) as n`),
    );
    await install();
    await session.query('create table high partition of customer for values from (700) to (9000)');
    expect(await triggersOf(session)).toEqual([
      { table: 'customer', name: NAME },
      { table: 'high', name: NAME },
      { table: 'low', name: NAME },
    ]);
    expect(await install()).toBe(false);
    await session.query(`insert into customer (id, name) values (800, 'Ada Lovelace')`);
    expect((await session.query('select first from high')).rows).toEqual([{ first: 'Ada' }]);
    await session.query(`alter table low disable trigger "${NAME}"`);
    expect(await observeDualWrite(session, DECLARED)).toBe('disabled');
    expect((await failure<OnwardError>(run())).code).toBe('data-migrate.dual-write-disabled');
    expect((await failure<OnwardError>(install())).code).toBe('data-migrate.dual-write-disabled');
    await session.query(`alter table low enable trigger "${NAME}"`);
    expect(await run()).toEqual({ kind: 'completed' });
    await remove();
    expect(await triggersOf(session)).toEqual([]);
  });

  it('is known by what it does: one by its name that does something else is replaced', async () => {
    const { session, install } = await prepare(servers, (own) => createCustomers(own, 1));
    await install();
    const others = [
      `create or replace function "${NAME}"() returns trigger language plpgsql as 'begin return new; end'`,
      `drop trigger "${NAME}" on customer; create trigger "${NAME}" after insert on customer for each row execute function "${NAME}"()`,
      `create or replace trigger "${NAME}" before insert or update on customer for each row when (new.id < 0) execute function "${NAME}"()`,
      `create function other() returns trigger language plpgsql as 'begin return new; end';
       create or replace trigger "${NAME}" before insert or update on customer for each row execute function other()`,
    ];
    for (const other of others) {
      await session.query(other);
      expect(await observeDualWrite(session, DECLARED), other).toBe('other');
      expect(await install(), other).toBe(true);
      expect(await observeDualWrite(session, DECLARED), other).toBe('same');
    }
    expect(await triggersOf(session)).toHaveLength(1);
  });
});

describe('a dual write', () => {
  let servers: TestServer;
  beforeAll(async () => {
    servers = await startTestServer();
  });
  afterAll(() => servers.close());

  it('is demanded before the first batch and in each one', async () => {
    const { database, session, install, run } = await prepare(servers, (own) => createCustomers(own, 300));
    expect((await failure<OnwardError>(run())).code).toBe('data-migrate.no-dual-write');
    expect((await session.query('select 1 from onward.data_migration')).rows).toEqual([]);
    await install();
    let batches = 0;
    const dropped = runDataMigration(servers.system, {
      declared: DECLARED,
      target: database.target,
      release: '1.1.0',
      run: 'run-1',
      fence: { deployment: 'shop', epoch: 1 },
      async beforeBatch() {
        batches += 1;
        if (batches === 2) await session.query(`drop trigger "${NAME}" on customer`);
      },
    });
    expect(await failure<OnwardError>(dropped)).toMatchObject({
      code: 'data-migrate.no-dual-write',
      state: 'resumable',
    });
    const { rows } = await session.query(
      `select scanned::int as scanned, (select count(*)::int from customer where changed = 1) as changed from onward.data_migration`,
    );
    expect(rows).toEqual([{ scanned: 100, changed: 90 }]);
    await install();
    expect(await run()).toEqual({ kind: 'completed' });
  });

  it('waits for its moment beside a long transaction, and makes nobody wait', async () => {
    const { database, session, install } = await prepare(servers, (own) => createCustomers(own, 10));
    const writer = await database.connect('writer');
    await writer.query('begin; update customer set changed = 0');
    const events: string[] = [];
    const installing = install(DECLARED, { onEvent: ({ type }) => void events.push(type) });
    await until('the wait', async () => events.includes('migrate.waiting'));
    await session.query(`set lock_timeout = '1s'; insert into customer (id, name) values (7, 'not blocked')`);
    await writer.query('commit');
    expect(await installing).toBe(true);
  });

  it('is left alone by an epoch that is stale', async () => {
    const { session, install } = await prepare(servers, (own) => createCustomers(own, 1));
    await raiseFence(session, 2);
    expect((await failure<OnwardError>(install())).code).toBe('migrate.fenced');
    expect(await triggersOf(session)).toEqual([]);
    expect(await loadDualWrites(session)).toEqual([]);
  });

  it('is not installed by half when its body is no PL/pgSQL, and tells where', async () => {
    const { session, install } = await prepare(servers, (own) => createCustomers(own, 1));
    const wrong = { ...DECLARED, dualWrite: { ...DECLARED.dualWrite, body: 'if new.first then' } };
    expect(await failure<OnwardError>(install(wrong))).toMatchObject({ code: 'migrate.statement-failed' });
    expect((await session.query(`select 1 from pg_proc where proname like 'onward%'`)).rows).toEqual([]);
  });

  it('sees the names that a migration sees, whatever the application has set', async () => {
    const { session, install } = await prepare(servers, (own) => createCustomers(own, 1));
    await session.query('create table written (id bigint)');
    const body = 'insert into written values (new.id); return null;';
    await install({ ...DECLARED, dualWrite: { timing: 'after', events: ['insert'], body } });
    await session.query(`create schema other; create table other.written (id bigint); create temp table written (id bigint);
      set search_path = other; insert into public.customer (id, name) values (77, 'x y'); reset search_path`);
    expect((await session.query('select id::int as id from public.written')).rows).toEqual([{ id: 77 }]);
  });

  it('has a name that fits whatever the id is', () => {
    const long = 'a'.repeat(80);
    expect(dualWriteName(`${long}1`)).toHaveLength(63);
    expect(dualWriteName(`${long}1`)).not.toBe(dualWriteName(`${long}2`));
  });
});
