import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyStatements, createLedger } from '../migrate/index.ts';
import { startTestServer, type TestDatabase, type TestServer, until } from '../migrate/test-support.ts';
import { PostgresError } from '../system/index.ts';
import { planDualWrite } from './dual-write/plan.ts';
import type { DualWriting } from './dual-write/render.ts';
import { runDataMigration } from './run-data-migration.ts';
import { countWrongLines, createOrders, LINES, loadCounters, raiseFence } from './test-support.ts';

const ORDERS = 600;

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
  await createOrders(session, ORDERS);
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
    expect(await countWrongLines(session)).toEqual({ missing: 0, extra: 0 });
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

  it('reads a row that somebody is writing as they leave it', async () => {
    const { database, session, run } = await prepare();
    const writer = await database.connect('writer');
    await writer.query(`begin; update orders set lines = '[]' where id = 2`);
    const running = run();
    await until('the batch that waits', async () => {
      const { rows } = await session.query(
        `select 1 from pg_stat_activity where application_name = 'onward data-migrate' and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    await writer.query('commit');
    expect(await running).toEqual({ kind: 'completed' });
    expect(await countWrongLines(session)).toEqual({ missing: 0, extra: 0 });
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
    expect(await countWrongLines(session)).toEqual({ missing: 0, extra: 0 });
    expect(await loadCounters(session, 'lines')).toMatchObject({ status: 'completed', adds_up: true });
  });
});
