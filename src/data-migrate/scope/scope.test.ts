import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../../migrate/index.ts';
import { failure, startTestServer, type TestServer } from '../../migrate/test-support.ts';
import type { OnwardError, ServiceDataMigration, SqlDataMigration } from '../../model/index.ts';
import type { LogEvent, Session } from '../../system/index.ts';
import { type RunDataMigrationOptions, runDataMigration } from '../run-data-migration.ts';
import { listParts } from '../service/scopes.ts';
import { loadCounters, raiseFence, SPLIT_NAMES } from '../test-support.ts';
import { requestWish } from '../wish.ts';
import { observeParts } from './state.ts';

const TENANTS: SqlDataMigration = {
  ...SPLIT_NAMES,
  key: ['tenant', 'id'],
  scope: { kind: 'tenant', column: 'tenant', values: 'select id from tenant order by id desc' },
  batch: { rows: 10, targetMs: 250 },
};
const PARTITIONS: SqlDataMigration = { ...SPLIT_NAMES, where: 'customer.first is null', scope: { kind: 'partition' } };

const TENANT_TABLES = `
  create table tenant (id int primary key);
  create table customer (tenant int, id bigint, name text not null, first text, changed int not null default 0, primary key (tenant, id));
  insert into tenant select generate_series(1, 4);
  insert into customer (tenant, id, name) select n % 4 + 1, n, 'a' || n || ' b' from generate_series(1, 200) as n;`;

const PARTITIONED = `
  create table customer (id bigint primary key, name text, first text, changed int default 0) partition by range (id);
  create table low partition of customer for values from (0) to (300);
  create table high partition of customer for values from (300) to (9000) partition by range (id);
  create table high_1 partition of high for values from (300) to (400);
  create table high_2 partition of high for values from (400) to (9000);
  insert into customer (id, name) select n, 'a' || n || ' b' from generate_series(1, 500) as n;`;

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
});
afterAll(() => servers.close());

async function prepare(tables: string, declared: SqlDataMigration) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await session.query(tables);
  const events: LogEvent[] = [];
  const base = {
    declared,
    target: database.target,
    release: '1.1.0',
    run: 'run-1',
    fence: { deployment: 'shop', epoch: 1 },
    onEvent: (event: LogEvent) => void events.push(event),
  };
  return {
    session,
    run: (more: Partial<RunDataMigrationOptions> = {}) => runDataMigration(servers.system, { ...base, ...more }),
    /** The parts that were begun, in order. */
    begun: () => events.filter(({ type }) => type === 'data.part').map(({ value }) => value),
  };
}

async function countChanges(session: Session): Promise<unknown> {
  const { rows } = await session.query(
    `select count(*) filter (where changed = 1)::int as once, count(*) filter (where changed > 1)::int as more,
            count(*) filter (where first is null)::int as old from customer`,
  );
  return rows[0];
}

describe('a data migration with a scope', () => {
  it('goes through the parts in the order of the query, each with counters of its own', async () => {
    const { session, run, begun } = await prepare(TENANT_TABLES, TENANTS);
    expect(await run()).toEqual({ kind: 'completed' });
    expect(begun()).toEqual(['4', '3', '2', '1']);
    expect(await countChanges(session)).toEqual({ once: 200, more: 0, old: 0 });
    const parts = await observeParts(session, 'split-names');
    expect(parts).toMatchObject({ total: 4, completed: 4 });
    expect(parts?.list[0]).toMatchObject({ kind: 'tenant', value: '4', status: 'completed', scanned: 50, changed: 50 });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 200, changed: 200, adds_up: true });
  });

  it('goes through partitions, sub-partitions included, under the name of the table', async () => {
    const { session, run, begun } = await prepare(PARTITIONED, PARTITIONS);
    expect(await run()).toEqual({ kind: 'completed' });
    expect(begun()).toEqual(['public.high_1', 'public.high_2', 'public.low']);
    expect(await countChanges(session)).toEqual({ once: 500, more: 0, old: 0 });
  });

  it('runs one part alone, leaves the others, and is not complete by that', async () => {
    const { session, run } = await prepare(TENANT_TABLES, TENANTS);
    expect(await run({ scope: { kind: 'tenant', value: '2' } })).toEqual({ kind: 'part-completed' });
    expect(await countChanges(session)).toEqual({ once: 50, more: 0, old: 150 });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ status: 'pending', remaining: null });
    expect(await observeParts(session, 'split-names')).toMatchObject({ total: 4, completed: 1 });
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countChanges(session)).toEqual({ once: 200, more: 0, old: 0 });
  });

  it('finds parts that appear while it runs', async () => {
    const { session, run, begun } = await prepare(TENANT_TABLES, TENANTS);
    let batches = 0;
    const outcome = await run({
      async beforeBatch() {
        batches += 1;
        if (batches === 3)
          await session.query(
            `insert into tenant values (9); insert into customer (tenant, id, name) values (9, 1, 'x y')`,
          );
      },
    });
    expect(outcome).toEqual({ kind: 'completed' });
    expect(begun()).toEqual(['4', '3', '2', '1', '9']);
    expect(await countChanges(session)).toEqual({ once: 201, more: 0, old: 0 });
  });

  it('goes on in the part where it stopped, behind the last batch', async () => {
    const { session, run, begun } = await prepare(TENANT_TABLES, TENANTS);
    let batches = 0;
    const paused = await run({
      async beforeBatch() {
        batches += 1;
        if (batches === 6) await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'pause' });
      },
    });
    expect(paused).toEqual({ kind: 'paused' });
    expect((await observeParts(session, 'split-names'))?.list[0]).toMatchObject({ value: '3', status: 'running' });
    await requestWish(session, { id: 'split-names', release: '1.1.0', wish: 'resume' });
    expect(await run()).toEqual({ kind: 'completed' });
    expect(begun()).toEqual(['4', '3', '3', '2', '1']);
    expect(await countChanges(session)).toEqual({ once: 200, more: 0, old: 0 });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 200, adds_up: true });
  });

  it('goes through every part anew when rows were left, or have come back', async () => {
    const { session, run } = await prepare(TENANT_TABLES, TENANTS);
    await session.query(`insert into customer (tenant, id, name) values (77, 1, 'no tenant')`);
    expect(await run()).toEqual({ kind: 'failed', remaining: 1 });
    await session.query(
      'insert into tenant values (77); update customer set first = null where tenant = 1 and id < 50',
    );
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countChanges(session)).toMatchObject({ old: 0 });
    await session.query('update customer set first = null where tenant = 3');
    expect(await run()).toEqual({ kind: 'completed' });
    expect(await countChanges(session)).toMatchObject({ old: 0 });
  });

  it('refuses a part that is not there, and a query or a column that names none', async () => {
    const { session, run } = await prepare(TENANT_TABLES, TENANTS);
    expect(await failure<OnwardError>(run({ scope: { kind: 'tenant', value: '5' } }))).toMatchObject({
      code: 'data-migrate.unknown-part',
    });
    const wrong: readonly [Partial<NonNullable<SqlDataMigration['scope']>>, string][] = [
      [{ values: 'select id, id from tenant' }, 'data-migrate.scopes-refused'],
      [{ values: 'delete from tenant returning id' }, 'data-migrate.wrong-declaration'],
      [{ values: 'select nothing from tenant' }, 'data-migrate.scopes-refused'],
      [{ column: 'nothing' }, 'data-migrate.wrong-declaration'],
    ];
    for (const [more, code] of wrong) {
      const declared = { ...TENANTS, scope: { kind: 'tenant', column: 'tenant', values: 'select 1', ...more } };
      expect(await failure<OnwardError>(run({ declared })), JSON.stringify(more)).toMatchObject({ code });
    }
    const whole = { ...TENANTS, scope: { kind: 'partition' } };
    expect(await failure<OnwardError>(run({ declared: whole }))).toMatchObject({
      code: 'data-migrate.wrong-declaration',
    });
    expect((await session.query('select count(*)::int as tenants from tenant')).rows).toEqual([{ tenants: 4 }]);
  });
});

describe('the parts of a data migration that a service does', () => {
  it('are named to its program one by one, or the one that was chosen', async () => {
    const { session } = await prepare(TENANT_TABLES, TENANTS);
    const declared: ServiceDataMigration = {
      kind: 'service',
      id: 'notes',
      database: 'core',
      before: 'contract',
      service: 'api',
      stalledAfterMs: 1_000,
      scope: { kind: 'tenant', values: 'select id from tenant where id < 3 order by id' },
    };
    await session.query(`insert into onward.data_migration (id, release) values ('notes', '1.1.0')`);
    const argsOf = (value: string) => ({
      part: { kind: 'tenant', value },
      args: ['--scope-kind', 'tenant', '--scope-value', value],
    });
    expect(await listParts(session, declared)).toEqual([argsOf('1'), argsOf('2')]);
    expect(await listParts(session, declared, { kind: 'tenant', value: '2' })).toEqual([argsOf('2')]);
    const unknown = failure<OnwardError>(listParts(session, declared, { kind: 'tenant', value: '3' }));
    expect(await unknown).toMatchObject({ code: 'data-migrate.unknown-part' });
  });
});
