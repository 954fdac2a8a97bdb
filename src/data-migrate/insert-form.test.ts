import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyStatements, createLedger } from '../migrate/index.ts';
import { startTestServer, type TestDatabase, type TestServer } from '../migrate/test-support.ts';
import { PostgresError } from '../system/index.ts';
import { planDualWrite } from './dual-write/plan.ts';
import type { DualWriting } from './dual-write/render.ts';
import { runDataMigration } from './run-data-migration.ts';
import { loadCounters, raiseFence, SPLIT_NAMES } from './test-support.ts';

/** Lines of an order from its JSON into a table of their own; the trigger does the same for orders that are written meanwhile. */
const LINES: DualWriting = {
  ...SPLIT_NAMES,
  id: 'lines',
  table: 'orders',
  key: ['tenant', 'id'],
  change: {
    kind: 'insert',
    into: 'line',
    columns: ['tenant', 'order_id', 'n', 'what'],
    select: `select batch.tenant, batch.id, l.n, l.what
             from batch, jsonb_array_elements_text(batch.lines) with ordinality as l (what, n)`,
  },
  where: `lines <> '[]' and not exists (select from line where line.tenant = orders.tenant and line.order_id = orders.id)`,
  verify: `select count(*) from orders where lines <> '[]'
           and not exists (select from line where line.tenant = orders.tenant and line.order_id = orders.id)`,
  batch: { rows: 25, targetMs: 20 },
  dualWrite: {
    timing: 'after',
    events: ['insert', 'update', 'delete'],
    body: `if tg_op <> 'INSERT' then
             delete from line where tenant = old.tenant and order_id = old.id;
           end if;
           if tg_op <> 'DELETE' then
             insert into line (tenant, order_id, n, what)
             select new.tenant, new.id, l.n, l.what from jsonb_array_elements_text(new.lines) with ordinality as l (what, n);
           end if;`,
  },
};

const TABLES = `
  create table orders (tenant int not null, id bigint not null, lines jsonb not null, primary key (tenant, id));
  create table line (tenant int, order_id bigint, n bigint, what text not null, primary key (tenant, order_id, n)) partition by hash (tenant);
  create table line_0 partition of line for values with (modulus 2, remainder 0);
  create table line_1 partition of line for values with (modulus 2, remainder 1);
  insert into orders select n % 7, n, (select coalesce(jsonb_agg(n || '/' || k), '[]') from generate_series(1, n % 4) as k)
  from generate_series(1, 600) as n;`;

/** Lines that one statement would have made and that are missing, and lines that it would not have made. */
const WRONG = `
  with wanted as (
    select tenant, id as order_id, l.n, l.what from orders, jsonb_array_elements_text(lines) with ordinality as l (what, n)
  )
  select (select count(*)::int from (table wanted except select tenant, order_id, n, what from line) as m) as missing,
         (select count(*)::int from (select tenant, order_id, n, what from line except table wanted) as m) as extra`;

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
});
afterAll(() => servers.close());

async function prepare(declared: DualWriting = LINES) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await session.query(TABLES);
  const options = {
    target: database.target,
    release: '1.1.0',
    run: 'run-1',
    fence: { deployment: 'shop', epoch: 1 },
  };
  await applyStatements(servers.system, { ...options, database: 'core' }, (own) =>
    planDualWrite(own, declared, { release: '1.1.0', run: 'run-1', epoch: 1 }),
  );
  return { database, session, run: () => runDataMigration(servers.system, { ...options, declared }) };
}

/** Somebody who adds rows behind the cursor faster than batches go would never let them end. */
const MOST_WRITES = 200;

/** Writes orders like an application, until it is told to stop; how often. A deadlock is tried again, as an application would. */
async function write(database: TestDatabase, of: { readonly seed: number; readonly isOver: () => boolean }) {
  const session = await database.connect('writer');
  let writes = 0;
  for (let n = of.seed; !of.isOver() && writes < MOST_WRITES; n += 7_919) {
    const key = `tenant = ${n % 7} and id = ${(n % 600) + 1}`;
    const own = `${n % 7}, ${10_000 + n}, '["new/${n}", "second"]'`;
    const statement = [
      `update orders set lines = lines || '["more/${n}"]' where ${key}`,
      `update orders set lines = '["only/${n}"]' where id in (${(n % 600) + 1}, ${((n * 3) % 600) + 1})`,
      `insert into orders values (${own}) on conflict do nothing`,
      `delete from orders where ${key}`,
    ][writes % 4];
    try {
      await session.query(statement ?? '');
    } catch (error) {
      if (!(error instanceof PostgresError) || error.code !== '40P01') throw error;
    }
    writes += 1;
  }
  return writes;
}

describe('a data migration by INSERT', () => {
  it('makes the rows that one statement would make, with counters that add up', async () => {
    const { session, run } = await prepare();
    const { rows: wanted } = await session.query('select sum(jsonb_array_length(lines))::int as lines from orders');
    expect(await run()).toEqual({ kind: 'completed' });
    expect((await session.query(WRONG)).rows).toEqual([{ missing: 0, extra: 0 }]);
    expect(await loadCounters(session, 'lines')).toMatchObject({
      scanned: 600,
      changed: wanted[0]?.lines,
      failed: 0,
      adds_up: true,
    });
  });

  it('leaves the rows that are there as they are', async () => {
    const { session, run } = await prepare();
    await session.query(`insert into line values (3, 3, 1, 'of before')`);
    expect(await run()).toEqual({ kind: 'completed' });
    expect((await session.query('select what from line where order_id = 3')).rows).toEqual([{ what: 'of before' }]);
  });

  it('leaves nothing out and nothing stale while others insert, change and delete the rows', async () => {
    const { database, session, run } = await prepare();
    let isOver = false;
    const writers = [1, 2, 3].map((seed) => write(database, { seed, isOver: () => isOver }));
    const outcome = await run();
    isOver = true;
    const writes = await Promise.all(writers);
    expect(outcome).toEqual({ kind: 'completed' });
    expect(Math.min(...writes)).toBeGreaterThan(10);
    expect((await session.query(WRONG)).rows).toEqual([{ missing: 0, extra: 0 }]);
    expect(await loadCounters(session, 'lines')).toMatchObject({ status: 'completed', adds_up: true });
  });
});
