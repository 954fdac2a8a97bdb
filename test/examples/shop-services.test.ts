import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countShifts } from '../../examples/shop/load.mjs';
import { type Shop, type ShopDatabase, type ShopService, startShop, waitFor, waitForReadiness } from './shop.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.remove());

function start(service: string, version: string, database: ShopDatabase): Promise<ShopService> {
  return shop.startService(service, version, { DATABASE_URL: database.url });
}

async function placeOrder(url: string, name: string): Promise<string> {
  const id = randomUUID();
  const order = { id, customer: { email: 'c@example.com', name }, item: 'A <thing>', cents: 1250, note: 'Thank you' };
  const response = await fetch(`${url}/orders`, { method: 'POST', body: JSON.stringify(order) });
  expect([response.status, await response.json()]).toEqual([201, { id }]);
  return id;
}

describe('the front and the api of the example shop', () => {
  it.each([
    { version: '1.0.0', schema: '1.0.0', revision: 1 },
    { version: '1.0.0', schema: '1.1.0', revision: 2 },
    { version: '1.1.0', schema: '1.1.0', revision: 2 },
    { version: '1.1.0', schema: '1.2.0', revision: 3 },
    { version: '1.2.0', schema: '1.2.0', revision: 3 },
    { version: '1.2.0', schema: '1.3.0', revision: 4 },
    { version: '1.3.1', schema: '1.4.0', revision: 6 },
    { version: '1.4.0', schema: '1.4.0', revision: 6 },
  ])('of $version read and write on the schema of $schema', async ({ version, schema, revision }) => {
    const database = await shop.createDatabase(schema, ['expand']);
    const api = await start('api', version, database);
    const web = await shop.startService('web', version, { API_URL: api.url });
    expect(await waitForReadiness(web)).toMatchObject({ release: version, schema: revision });
    await placeOrder(web.url, 'Ada Novak');
    const id = await placeOrder(web.url, 'Dora von Arx');
    const page = await (await fetch(`${web.url}/orders/${id}`)).text();
    expect(page).toContain('A &#60;thing&#62; at 12.50, for Dora von Arx: new');
    expect(await (await fetch(`${web.url}/`)).text()).toContain(`<a href="/orders/${id}">`);
    expect(await (await fetch(`${web.url}/slow?ms=20`)).json()).toEqual({ seconds: 0.02, orders: 2 });
    expect((await fetch(`${web.url}/orders/${randomUUID()}`)).status).toBe(404);
    const { rows } = await database.client.query('select name from customers');
    expect(rows).toEqual([{ name: 'Dora von Arx' }]);
  });

  it('work when the front is of an earlier or a later release than the api', async () => {
    const database = await shop.createDatabase('1.1.0');
    for (const [webVersion, apiVersion] of [
      ['1.0.0', '1.1.0'],
      ['1.1.0', '1.0.0'],
    ] as const) {
      const api = await start('api', apiVersion, database);
      const web = await shop.startService('web', webVersion, { API_URL: api.url });
      await waitForReadiness(web);
      const id = await placeOrder(web.url, 'Chen Li');
      expect(await (await fetch(`${web.url}/orders/${id}`)).text()).toContain('for Chen Li: new');
    }
  });

  it('become ready once the schema is new enough, and say until then what is missing', async () => {
    const database = await shop.createDatabase('1.0.0');
    const api = await start('api', '1.1.0', database);
    expect(await waitForReadiness(api, 503)).toMatchObject({
      release: '1.1.0',
      reason: 'the schema is at revision 1, and this release needs 2',
    });
    await database.migrate('1.1.0');
    expect(await waitForReadiness(api)).toEqual({ release: '1.1.0', schema: 2, needs: 2 });
  });

  it('of 1.3.0 never become ready on their own schema', async () => {
    const database = await shop.createDatabase('1.3.0');
    const api = await start('api', '1.3.0', database);
    expect(await waitForReadiness(api, 503)).toMatchObject({ reason: 'the database has no table vouchers' });
  });

  it('bill an order in JSON and in rows, whichever release writes and reads it, and in rows alone in the end', async () => {
    const database = await shop.createDatabase('1.4.0', ['expand']);
    const [older, newer] = [await start('api', '1.3.1', database), await start('api', '1.4.0', database)];
    await Promise.all([waitForReadiness(older), waitForReadiness(newer)]);
    const ids = [await placeOrder(older.url, 'Ada Li'), await placeOrder(newer.url, 'Ada Li')];
    const billed = (url: string) =>
      Promise.all(
        ids.map(async (id) => ((await (await fetch(`${url}/orders/${id}`)).json()) as { billed: number }).billed),
      );
    expect([await billed(older.url), await billed(newer.url)]).toEqual([
      [1250, 1250],
      [1250, 1250],
    ]);
    await older.stop();
    await database.client.query(
      `insert into invoice_lines select id, 1, lines -> 0 ->> 'item', (lines -> 0 ->> 'cents')::int from invoices on conflict do nothing`,
    );
    await database.client.query('update invoices set total_cents = invoice_total(lines)');
    await database.migrate('1.4.0', ['postdeploy', 'contract']);
    ids.push(await placeOrder(newer.url, 'Chen Li'));
    expect(await billed(newer.url)).toEqual([1250, 1250, 1250]);
  });

  it('store an order that is sent twice once, and keep a receipt of each time', async () => {
    const database = await shop.createDatabase('1.0.0');
    const api = await start('api', '1.0.0', database);
    await waitForReadiness(api);
    const order = { id: randomUUID(), customer: { email: 'c', name: 'Ada Li' }, item: 'x', cents: 1 };
    for (const _ of [1, 2]) await fetch(`${api.url}/orders`, { method: 'POST', body: JSON.stringify(order) });
    const { rows } = await database.client.query(
      `select (select count(*)::int from orders) as orders, (select count(*)::int from order_receipts) as receipts`,
    );
    expect(rows).toEqual([{ orders: 1, receipts: 2 }]);
  });

  it('finish the requests they have after SIGTERM, close idle connections, and end', async () => {
    const database = await shop.createDatabase('1.0.0');
    const api = await start('api', '1.0.0', database);
    await waitForReadiness(api);
    const agent = new http.Agent({ keepAlive: true });
    const idle = await answer(`${api.url}/ready`, agent);
    expect(idle).toMatchObject({ status: 200, connection: 'keep-alive' });
    const long = answer(`${api.url}/slow?ms=700`);
    await waitFor('the long request to reach the database', async () => {
      const { rows } = await database.client.query(
        `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
      );
      return rows.length === 1;
    });
    const ended = api.stop();
    await waitFor('the api to refuse connections', () =>
      fetch(`${api.url}/ready`).then(
        () => false,
        () => true,
      ),
    );
    expect(await long).toMatchObject({ status: 200, connection: 'close' });
    expect(await ended).toBe(0);
    agent.destroy();
  });
});

describe('the worker of the example shop', () => {
  it('finishes its job after SIGTERM, and takes no other', async () => {
    const database = await shop.createDatabase('1.0.0');
    const [first = '', second = ''] = await addOrders(database, 2);
    await database.client.query('begin');
    await database.client.query('select from orders where id = $1 for update', [first]);
    const worker = await start('worker', '1.0.0', database);
    await waitForBlockedSession(database);
    const ended = worker.stop();
    await waitFor('the worker to stop listening', () =>
      fetch(`${worker.url}/ready`).then(
        () => false,
        () => true,
      ),
    );
    await database.client.query('commit');
    expect(await ended).toBe(0);
    expect(await states(database)).toEqual({ [first]: 'confirmed', [second]: 'new' });
  });

  it('frees its job when it is killed in the middle of it', async () => {
    const database = await shop.createDatabase('1.0.0');
    const [order = ''] = await addOrders(database, 1);
    await database.client.query('begin');
    await database.client.query('select from orders where id = $1 for update', [order]);
    const killed = await start('worker', '1.0.0', database);
    await waitForBlockedSession(database);
    expect(await killed.stop('SIGKILL')).toBe('SIGKILL');
    await database.client.query('commit');
    await start('worker', '1.0.0', database);
    await waitFor('another worker to do the job', async () => (await states(database))[order] === 'confirmed');
  });

  it('shares the jobs with others, and leaves the kinds it does not know to a newer release', async () => {
    const database = await shop.createDatabase('1.1.0');
    const orders = await addOrders(database, 50);
    await database.client.query(`insert into jobs (kind, order_id) select 'ship', id from orders`);
    const old = await start('worker', '1.0.0', database);
    await waitFor('the old worker to confirm', async () => isAll(await states(database), 'confirmed'));
    const waiting = await database.client.query(
      'select kind, count(*)::int as n from jobs where done_at is null group by 1',
    );
    expect(waiting.rows).toEqual([{ kind: 'ship', n: 50 }]);
    await start('worker', '1.1.0', database);
    await start('worker', '1.1.0', database);
    await waitFor('the new workers to ship', async () => (await shipments(database)).length === orders.length);
    expect((await shipments(database)).sort()).toEqual([...orders].sort());
    await old.stop();
  });
});

describe('the scheduler of the example shop', () => {
  it('shows no overlap when one is stopped before the next one starts', async () => {
    const database = await shop.createDatabase('1.2.0');
    for (const version of ['1.1.0', '1.2.0']) {
      const { shifts } = await countShifts(database.url);
      const scheduler = await start('scheduler', version, database);
      await waitFor('a shift to begin', async () => (await countShifts(database.url)).shifts > shifts);
      await waitFor('a job to be added', async () => (await jobCount(database)) > 0);
      expect(await scheduler.stop()).toBe(0);
    }
    expect(await countShifts(database.url)).toEqual({ shifts: 2, overlaps: 0 });
  });

  it('shows an overlap when two run at once', async () => {
    const database = await shop.createDatabase('1.2.0');
    await start('scheduler', '1.1.0', database);
    await start('scheduler', '1.2.0', database);
    await waitFor('the overlap to show', async () => (await countShifts(database.url)).overlaps === 1);
  });
});

function answer(url: string, agent?: http.Agent): Promise<{ readonly status?: number; readonly connection?: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, agent ? { agent } : {}, (response) => {
      const { statusCode, headers } = response;
      response.resume().once('end', () => resolve({ status: statusCode ?? 0, connection: headers.connection ?? '' }));
      response.once('error', reject);
    });
    request.once('error', reject);
  });
}

async function addOrders({ client }: ShopDatabase, count: number): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `with customer as (insert into customers (email, name) values ('c', 'Ada Li') returning id),
          added as (insert into orders (id, customer_id, item, cents)
                    select gen_random_uuid(), id, 'x', 1 from customer, generate_series(1, $1) returning id)
     insert into jobs (kind, order_id) select 'confirm', id from added returning order_id as id`,
    [count],
  );
  return rows.map((row) => row.id);
}

async function states({ client }: ShopDatabase): Promise<Record<string, string>> {
  const { rows } = await client.query<{ id: string; state: string }>('select id, state from orders');
  return Object.fromEntries(rows.map((row) => [row.id, row.state]));
}

function isAll(found: Record<string, string>, state: string): boolean {
  return Object.values(found).every((each) => each === state);
}

async function shipments({ client }: ShopDatabase): Promise<string[]> {
  const { rows } = await client.query<{ order_id: string }>('select order_id from shipments');
  return rows.map((row) => row.order_id);
}

async function jobCount({ client }: ShopDatabase): Promise<number> {
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from jobs');
  return rows[0]?.n ?? 0;
}

function waitForBlockedSession({ client }: ShopDatabase): Promise<true> {
  return waitFor('a session that waits for the lock', async () => {
    // Inside of a transaction the view stays as it was first seen.
    await client.query('select pg_stat_clear_snapshot()');
    const { rows } = await client.query(
      `select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
    );
    return rows.length > 0;
  });
}
