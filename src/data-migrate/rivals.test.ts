import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../test/support/bundle-program.ts';
import { createLedger } from '../migrate/index.ts';
import { failure, startTestServer, type TestServer, until } from '../migrate/test-support.ts';
import type { OnwardError } from '../model/index.ts';
import { type RunDataMigrationOptions, runDataMigration } from './run-data-migration.ts';
import { createCustomers, loadCounters, raiseFence, SPLIT_NAMES } from './test-support.ts';

// Below the packages, so that the bundle finds the parser.
const FOLDER = resolve(import.meta.dirname, '../../node_modules/.cache', `data-migrate-${process.pid}`);

let servers: TestServer;
let program: string;
beforeAll(async () => {
  servers = await startTestServer();
  await mkdir(FOLDER, { recursive: true });
  program = await bundleProgram(join(import.meta.dirname, '../../test/support/data-migrate-worker.ts'), FOLDER);
});
afterAll(async () => {
  await servers.close();
  await rm(FOLDER, { recursive: true, force: true });
});

async function prepare(rows: number) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await createCustomers(session, rows);
  const options = (epoch: number): RunDataMigrationOptions => ({
    declared: SPLIT_NAMES,
    target: database.target,
    release: '1.1.0',
    run: `run-${epoch}`,
    fence: { deployment: 'shop', epoch },
  });
  const state = async () => {
    const { rows: found } = await session.query(
      `select count(*) filter (where first is null)::int as old, max(changed) as most, count(*) filter (where changed = 1)::int as changed from customer`,
    );
    return found[0];
  };
  return { database, session, options, state };
}

/** Runs the worker as a process and kills it when it says that it is before this batch; how it ended. */
async function runAndKill(options: RunDataMigrationOptions, batch: number): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString().split('.').length - 1;
    if (seen >= batch) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  return signal as NodeJS.Signals | null;
}

describe('a worker that is killed', () => {
  it('loses no batch and repeats none, at whichever batch it is', async () => {
    const { session, options, state } = await prepare(20_000);
    for (const batch of [1, 3, 2, 4]) expect(await runAndKill(options(1), batch)).toBe('SIGKILL');
    const { rows } = await session.query<{ status: string; scanned: string }>(
      'select status, scanned from onward.data_migration',
    );
    expect(rows[0]?.status).toBe('running');
    expect(Number(rows[0]?.scanned)).toBeGreaterThan(0);
    expect(await runDataMigration(servers.system, options(1))).toEqual({ kind: 'completed' });
    expect(await loadCounters(session, 'split-names')).toMatchObject({
      scanned: 20_000,
      changed: 18_000,
      adds_up: true,
    });
    expect(await state()).toEqual({ old: 0, most: 1, changed: 18_000 });
  });
});

describe('two workers', () => {
  it('the one that came first stops before its next batch', async () => {
    const { session, options, state } = await prepare(2_000);
    let batches = 0;
    let second: ReturnType<typeof runDataMigration> | undefined;
    const first = runDataMigration(servers.system, {
      ...options(1),
      async beforeBatch() {
        batches += 1;
        if (batches !== 2) return;
        second = runDataMigration(servers.system, options(1));
        await until('the second worker', async () => {
          const { rows } = await session.query(
            'select count(distinct holder)::int as n, max(scanned)::int as scanned from onward.data_migration',
          );
          return Number(rows[0]?.scanned) > 100;
        });
      },
    });
    expect(await failure<OnwardError>(first)).toMatchObject({ code: 'data-migrate.taken-over' });
    expect(await second).toEqual({ kind: 'completed' });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 2_000, changed: 1_800, adds_up: true });
    expect(await state()).toEqual({ old: 0, most: 1, changed: 1_800 });
  });

  it('a higher epoch stops the worker before its next batch, and keeps an old one from beginning', async () => {
    const { session, options, state } = await prepare(2_000);
    let batches = 0;
    const first = runDataMigration(servers.system, {
      ...options(1),
      async beforeBatch() {
        batches += 1;
        if (batches === 3) await raiseFence(session, 2);
      },
    });
    expect(await failure<OnwardError>(first)).toMatchObject({ code: 'data-migrate.fenced' });
    expect(batches).toBe(3);
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 500, adds_up: true });
    expect(await failure<OnwardError>(runDataMigration(servers.system, options(1)))).toMatchObject({
      code: 'data-migrate.fenced',
    });
    expect(await runDataMigration(servers.system, options(2))).toEqual({ kind: 'completed' });
    expect(await state()).toEqual({ old: 0, most: 1, changed: 1_800 });
  });
});

describe('a batch that the server gives up', () => {
  it('is made smaller and tried again after a deadlock, and is counted', async () => {
    const { database, session, options, state } = await prepare(500);
    const rival = await database.connect('rival');
    const { rows: ids } = await session.query<{ id: string }>('select id from customer order by id limit 55');
    // The rival holds the 55th row, lets the batch lock the first and wait, then wants the first: one of the two must give up.
    await rival.query(
      `set deadlock_timeout = '10s'; begin; select 1 from customer where id = ${ids[54]?.id} for update`,
    );
    await session.query(`alter role current_user set deadlock_timeout = '50ms'`);
    const running = runDataMigration(servers.system, options(1));
    await until('the batch that waits', async () => {
      const { rows } = await session.query(
        `select 1 from pg_stat_activity where application_name = 'onward data-migrate' and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    await rival.query(`select 1 from customer where id = ${ids[0]?.id} for update`);
    await rival.query('commit');
    await session.query('alter role current_user reset deadlock_timeout');
    expect(await running).toEqual({ kind: 'completed' });
    const counters = await loadCounters(session, 'split-names');
    expect(counters).toMatchObject({ scanned: 500, changed: 450, adds_up: true });
    expect(counters.failed).toBeGreaterThan(0);
    expect(await state()).toEqual({ old: 0, most: 1, changed: 450 });
  });

  it('is split when it takes too long', async () => {
    const { session, options, state } = await prepare(40);
    await session.query(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.03); return new; end $$;
      create trigger slow before update on customer for each row execute function slow()`);
    const declared = { ...SPLIT_NAMES, batch: { rows: 40, targetMs: 20 } };
    expect(await runDataMigration(servers.system, { ...options(1), declared })).toEqual({ kind: 'completed' });
    const counters = await loadCounters(session, 'split-names');
    expect(counters).toMatchObject({ scanned: 40, changed: 36, adds_up: true, failed: 1 });
    expect(await state()).toEqual({ old: 0, most: 1, changed: 36 });
  });

  it('waits for as long as somebody else holds a row of it, and can be told why', async () => {
    const { database, session, options, state } = await prepare(100);
    const rival = await database.connect('rival');
    await rival.query('begin; select 1 from customer for update');
    const running = runDataMigration(servers.system, options(1));
    await until('the reason', async () => {
      const { rows } = await session.query<{ reason: string | null }>(
        'select waiting_for as reason from onward.data_migration',
      );
      return rows[0]?.reason?.includes('another session has locked');
    });
    await rival.query('commit');
    expect(await running).toEqual({ kind: 'completed' });
    expect(await state()).toEqual({ old: 0, most: 1, changed: 90 });
  });
});
