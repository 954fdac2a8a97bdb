import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../migrate/index.ts';
import { startTestServer, type TestServer } from '../migrate/test-support.ts';
import { DEFAULT_PACING, parseTimeWindow } from '../model/index.ts';
import { forecastWork } from './forecast.ts';
import { sampleDataMigration } from './sample.ts';
import { createCustomers, SPLIT_NAMES } from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
});
afterAll(() => servers.close());

async function prepare(rows: number) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createCustomers(session, rows);
  await session.query('analyze customer');
  const sample = (declared = SPLIT_NAMES) => sampleDataMigration(servers.system, { target: database.target, declared });
  const contents = async () =>
    (await session.query('select md5(string_agg(customer::text, chr(10) order by id)) as sum from customer')).rows;
  return { database, session, sample, contents };
}

describe('sampleDataMigration()', () => {
  it('tries the first range out, takes it back, and tells how long all rows may take', async () => {
    const { session, sample, contents } = await prepare(1_000);
    const before = await contents();
    const found = await sample();
    expect(found).toMatchObject({ estimatedRows: 1_000, sampledRows: 100, oldRows: 90 });
    expect(found.trial).toMatchObject({ kind: 'done', changed: 90 });
    if (found.trial?.kind !== 'done') return;
    expect(found.trial.forecast?.workMs).toBe(found.trial.ms * 10);
    expect(Date.parse(found.trial.forecast?.endsAt ?? '')).toBeGreaterThan(0);
    expect(await contents()).toEqual(before);
    expect((await session.query(`select to_regclass('onward.data_migration') as ledger`)).rows).toEqual([
      { ledger: null },
    ]);
  });

  it('counts only the rows that are left', async () => {
    const { session, sample } = await prepare(1_000);
    await createLedger(servers.system, session);
    await session.query(
      `insert into onward.data_migration (id, release, status, estimated, passed) values ('split-names', '1.1.0', 'pending', 1000, 750)`,
    );
    const { trial } = await sample();
    expect(trial?.kind === 'done' && trial.forecast?.workMs).toBe(trial?.kind === 'done' && Math.ceil(trial.ms * 2.5));
  });

  it('tells what the server refuses, with the limits of a batch, and changes nothing then', async () => {
    const { database, session, sample, contents } = await prepare(200);
    const before = await contents();
    const rival = await database.connect('rival');
    await rival.query('begin; select from customer for update');
    expect((await sample()).trial).toEqual({ kind: 'refused', reason: 'canceling statement due to lock timeout' });
    await rival.query('rollback');
    await session.query(`alter table customer add constraint no_first check (first is null or first = 'kept')`);
    expect((await sample()).trial).toMatchObject({ kind: 'refused', reason: expect.stringContaining('no_first') });
    expect(await contents()).toEqual(before);
  });

  it('tries nothing out when there are no rows', async () => {
    const { sample } = await prepare(0);
    expect(await sample()).toEqual({
      estimatedRows: expect.toSatisfy((rows) => rows === undefined || rows === 0),
      sampledRows: 0,
      oldRows: 0,
    });
  });
});

describe('forecastWork()', () => {
  const nowMs = Date.parse('2026-11-20T12:00:00Z');
  const night = parseTimeWindow('22:00-06:00 UTC');
  const windows = 'problem' in night ? [] : [night];
  const sample = { rows: 1_000, ms: 10 };

  it('is as many samples as there are rows, or what the limit of rows a second lets through', () => {
    const forecast = (pacing: Partial<typeof DEFAULT_PACING>) =>
      forecastWork(sample, { rowsLeft: 3_600_000, pacing: { ...DEFAULT_PACING, ...pacing }, nowMs });
    expect(forecast({})).toEqual({ workMs: 36_000, endsAt: '2026-11-20T12:00:36.000Z' });
    expect(forecast({ rowsPerSecond: 1_000 })).toEqual({ workMs: 3_600_000, endsAt: '2026-11-20T13:00:00.000Z' });
    expect(forecast({ rowsPerSecond: 1e9 })).toEqual(forecast({}));
    expect(forecast({ rowsPerSecond: 100, windows })).toEqual({
      workMs: 36_000_000,
      endsAt: '2026-11-22T00:00:00.000Z',
    });
    expect(forecast({ rowsPerSecond: 1, windows })).toEqual({
      workMs: 3_600_000_000,
      endsAt: '2027-03-25T06:00:00.000Z',
    });
  });
});
