import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyChanged } from '../../examples/demo/files.mjs';
import { createOnward } from '../../examples/demo/onward.mjs';
import { choosePorts } from '../../examples/demo/ports.mjs';
import { createVendor } from '../../examples/demo/vendor.mjs';
import { playBilling } from '../../examples/shop/demo/billing.mjs';
import { countBilling, countWrites, startLoad } from '../../examples/shop/load.mjs';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';

const INVOICES = 6_000;
const CUSTOMERS = 500;

let folder = '';
let server: EmbeddedPostgres;
let client: pg.Client;
let onward: ReturnType<typeof createOnward>;
let vendor: ReturnType<typeof createVendor>;
let url = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-billing-'));
  const settings = { shared_preload_libraries: 'pg_stat_statements' };
  server = await startEmbeddedPostgres({ isDurable: false, settings });
  const databaseUrl = `${server.url}/postgres`;
  client = new pg.Client({ connectionString: databaseUrl, application_name: 'shop evidence' });
  await client.connect();
  await client.query('create extension pg_stat_statements');
  const environment = { SHOP_DATABASE_URL: databaseUrl };
  onward = createOnward({ directory: folder, environment, signal: new AbortController().signal });
  vendor = createVendor({ onward, folder });
  await vendor.publish('1.3.1');
  const [webPort = 0, apiPort = 0] = await choosePorts(2);
  await copyChanged(new URL('../../examples/shop/onward.yaml', import.meta.url), join(folder, 'onward.yaml'), {
    '127.0.0.1:8080': `127.0.0.1:${webPort}`,
    '127.0.0.1:8081': `127.0.0.1:${apiPort}`,
    'settle: 1s': 'settle: 500ms',
    // Beside the shop, this test is connected.
    'checks:': 'contract: { clients: [shop evidence] }\nchecks:',
  });
  url = `http://127.0.0.1:${webPort}`;
  await onward.must('channel set stable 1.3.1');
  await onward.must('provision --yes');
  await client.query(
    `insert into customers (email, given_name) select 'customer-' || n || '@example.com', 'Ada' from generate_series(1, ${CUSTOMERS}) n`,
  );
});
afterAll(async () => {
  await onward?.takeDown();
  await client?.end();
  await server?.remove();
  await rm(folder, { recursive: true });
});

describe('the billing change of the example shop', () => {
  it('moves the lines of every invoice under load, removes the old shape, keeps every amount, and fails no request', async () => {
    const databaseUrl = `${server.url}/postgres`;
    const load = await startLoad({ url, rate: 60 });
    const kept: unknown[] = [];
    const billing = await playBilling({
      ...{ onward, vendor, databaseUrl, load, invoices: INVOICES, say: () => {}, open: () => {} },
      calm: async () => void kept.push(await oldLines()),
    });
    const { acknowledgedIds, ...report } = await load.stop();
    expect(report.failures).toEqual([]);
    expect(billing.contracted).toBe(true);
    const now = await countBilling(databaseUrl, billing.since);
    expect(now).toMatchObject({ invoices: INVOICES + acknowledgedIds.length, unbilled: 0, wrong: 0 });
    expect(acknowledgedIds.length).toBeGreaterThan(50);
    expect(await countWrites(databaseUrl, acknowledgedIds)).toEqual({ lost: 0, doubled: 0 });
    expect(kept[0]).toMatchObject({ invoices: INVOICES });
    expect(kept.slice(1)).toEqual([kept[0], kept[0]]);
    await expect(client.query('select lines from invoices')).rejects.toThrow('column "lines" does not exist');
  }, 180_000);
});

/** What the invoices of the past add up to: in JSON until their lines are rows, and in rows from then on. */
async function oldLines(): Promise<unknown> {
  const { rows: found } = await client.query(`select to_regclass('invoice_lines') is not null as are_rows`);
  const lines = found[0].are_rows
    ? 'invoices join invoice_lines as line on line.invoice_id = invoices.id'
    : `invoices, jsonb_to_recordset(lines) as line (item text, cents int)`;
  const { rows } = await client.query(
    `select count(distinct id)::int as invoices, count(*)::int as lines, sum(cents)::int as cents, md5(string_agg(item, '' order by id, item)) as items
       from ${lines} where id::text like '00000000-%'`,
  );
  return rows[0];
}
