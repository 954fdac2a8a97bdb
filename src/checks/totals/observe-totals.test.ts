import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Total } from '../../model/index.ts';
import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../system/index.ts';
import { observeTotals } from './observe-totals.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
const databases = new Map<string, ConnectionTarget>();
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ isDurable: false });
  const target = await resolveConnectionTarget({ url: `${postgres.url}/postgres`, origin: 'test', environment: {} });
  databases.set('core', target);
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  await session.query(`create table invoice (id int primary key, month date, cents numeric);
    insert into invoice select n, date '2024-01-01' + (n % 3) * interval '1 month', n / 4.0 from generate_series(1, 12) n;
    create function clear() returns bigint language sql as $$ delete from invoice; select count(*) from invoice $$`);
  await session.close();
});

afterAll(() => postgres.remove());

async function read(query: string, more: Partial<Total> = {}) {
  const total: Total = {
    ...{ name: 'invoices', database: 'core', queries: [{ from: 'before', query }], rule: { kind: 'exact' } },
    ...{ phases: ['expand'], timeoutMs: 30_000, declaredBy: 'product', ...more },
  };
  const [observed] = await observeTotals(system, { totals: [total], moment: 'expand', databases });
  return observed;
}

describe('observeTotals()', () => {
  it('reads one row of figures, numbers with all their digits', async () => {
    const query =
      'select count(*), sum(cents)::numeric(12,2) as cents, max(month) as last, null::text as note from invoice; -- all';
    expect(await read(query)).toMatchObject({
      name: 'invoices',
      columns: [
        { name: 'count', kind: 'number' },
        { name: 'cents', kind: 'number' },
        { name: 'last', kind: 'text' },
        { name: 'note', kind: 'text' },
      ],
      rows: [['12', '19.50', '2024-03-01', null]],
    });
  });

  it('reads a row for each key', async () => {
    const observed = await read('select month, count(*) from invoice group by month order by month', { by: 'month' });
    expect(observed?.rows).toEqual([
      ['2024-01-01', '4'],
      ['2024-02-01', '4'],
      ['2024-03-01', '4'],
    ]);
  });

  it('reads equal figures equal, whatever the database is set to', async () => {
    const session = await system.postgres.connect(databases.get('core') as ConnectionTarget, { applicationName: 't' });
    await session.query(
      `alter database postgres set timezone to 'Asia/Tokyo'; alter database postgres set datestyle to 'German'`,
    );
    const observed = await read(`select timestamptz '2024-01-01 00:00:00+00' as at`);
    await session.query('alter database postgres reset all');
    await session.close();
    expect(observed?.rows).toEqual([['2024-01-01 00:00:00+00']]);
  });

  it.each<[string, string, Partial<Total>, string]>([
    ['no row', 'select id from invoice where false', {}, 'the query gives no row'],
    ['several rows', 'select id from invoice', {}, 'more than one row, and no "by" tells them apart'],
    [
      'two rows of one key',
      'select month, id from invoice order by month',
      { by: 'month' },
      'two rows with month 2024-01-01',
    ],
    ['no key', 'select id from invoice', { by: 'month' }, 'gives no column month'],
    ['a key alone', 'select id from invoice', { by: 'id' }, 'no column beside id'],
    ['one name twice', 'select 1 as a, 2 as a', {}, 'the column a twice'],
    ['more than 1,000 rows', 'select n, n as m from generate_series(1, 1001) n', { by: 'n' }, 'more than 1000 rows'],
    ['a table that is not there', 'select count(*) from bill', {}, 'relation "bill" does not exist'],
    ['another database', 'select 1', { database: 'other' }, 'there is no database other'],
    ['a query that takes too long', 'select pg_sleep(30)', { timeoutMs: 200 }, 'it took longer than 200 ms'],
    ['two statements', 'select 1; select 2', {}, 'cannot insert multiple commands'],
    ['a change', 'select clear()', {}, 'read-only transaction'],
    ['a statement that is no query', 'delete from invoice', {}, 'no column'],
    ['the end of its transaction', 'commit', {}, 'no column'],
  ])('says why it cannot use %s, and changes nothing', async (_title, query, more, problem) => {
    const observed = await read(query, more);
    expect(observed).toMatchObject({ rows: [], problem: expect.stringContaining(problem) });
    expect((await read('select count(*) from invoice'))?.rows).toEqual([['12']]);
  });

  it('reads in the shape that the phase has brought', async () => {
    const queries: Total['queries'] = [
      { from: 'before', query: 'select count(*) from gone' },
      { from: 'expand', query: 'select 1 as n' },
      { from: 'data', query: 'select 2 as n' },
    ];
    expect((await read('', { queries }))?.rows).toEqual([['1']]);
  });

  it('asks again while the server is away', async () => {
    await postgres.stop('immediate');
    const observed = read('select count(*) from invoice');
    await postgres.start();
    expect((await observed)?.rows).toEqual([['12']]);
  });

  it('stops between two totals when it is told to', async () => {
    const totals: readonly Total[] = [];
    const stopped = AbortSignal.abort(new Error('stop'));
    const one: Total = {
      ...{ name: 'a', database: 'core', queries: [{ from: 'before', query: 'select 1' }], rule: { kind: 'exact' } },
      ...{ phases: ['expand'], timeoutMs: 30_000, declaredBy: 'product' },
    };
    const request = { moment: 'expand' as const, databases, signal: stopped };
    await expect(observeTotals(system, { ...request, totals: [one] })).rejects.toThrow('stop');
    expect(await observeTotals(system, { ...request, totals })).toEqual([]);
  });
});
