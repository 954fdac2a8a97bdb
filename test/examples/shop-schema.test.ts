import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedShop } from '../../examples/shop/seed.mjs';
import { type Shop, type ShopDatabase, startShop } from './shop.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.remove());

describe('the schema of the example shop', () => {
  it('goes through every release in order, seeded twice with the same 200,000 orders, and keeps what they add up to', async () => {
    const database = await shop.createDatabase('1.0.0');
    await seedShop(database.url);
    await seedShop(database.url);
    const before = await totals(database);
    expect(before).toMatchObject({ orders: 200_000, customers: 20_000 });
    for (const version of ['1.1.0', '1.2.0', '1.3.0', '1.3.1', '1.4.0']) await database.migrate(version);
    expect(await totals(database)).toEqual(before);
    expect(await unfinished(database)).toEqual([]);
    const { rows } = await database.client.query(
      `select count(*)::int as n from customers where name <> given_name || ' ' || family_name or given_name is null`,
    );
    expect(rows).toEqual([{ n: 0 }]);
    await database.migrate('1.3.0', ['contract']);
    await expect(database.client.query('select name from customers')).rejects.toThrow('column "name" does not exist');
  });
});

describe('the name of a customer, split by 1.2.0', () => {
  const cases = [
    {
      title: 'is split when an old writer adds a customer',
      writes: [`insert into customers (email, name) values ('a', 'Dora von Arx')`],
      is: { name: 'Dora von Arx', given_name: 'Dora', family_name: 'von Arx' },
    },
    {
      title: 'is put together when a new writer adds a customer',
      writes: [`insert into customers (email, given_name, family_name) values ('a', 'Mary Ann', 'Li')`],
      is: { name: 'Mary Ann Li', given_name: 'Mary Ann', family_name: 'Li' },
    },
    {
      title: 'follows an old writer after a new one',
      writes: [
        `insert into customers (email, given_name, family_name) values ('a', 'Mary Ann', 'Li')`,
        `update customers set name = 'Chen Silva'`,
      ],
      is: { name: 'Chen Silva', given_name: 'Chen', family_name: 'Silva' },
    },
    {
      title: 'keeps its parts when an old writer writes the same name again',
      writes: [
        `insert into customers (email, given_name, family_name) values ('a', 'Mary Ann', 'Li')`,
        `update customers set name = 'Mary Ann Li'`,
      ],
      is: { name: 'Mary Ann Li', given_name: 'Mary Ann', family_name: 'Li' },
    },
    {
      title: 'has no family name when it is one word',
      writes: [
        `insert into customers (email, name) values ('a', 'Ada Novak')`,
        `insert into customers (email, given_name, family_name) values ('a', 'Ada', null)
         on conflict (email) do update set given_name = excluded.given_name, family_name = excluded.family_name`,
      ],
      is: { name: 'Ada', given_name: 'Ada', family_name: null },
    },
  ];
  let database: ShopDatabase;
  beforeAll(async () => {
    database = await shop.createDatabase('1.2.0');
  });

  it.each(cases)('$title', async ({ writes, is }) => {
    await database.client.query('delete from customers');
    for (const write of writes) await database.client.query(write);
    const { rows } = await database.client.query('select name, given_name, family_name from customers');
    expect(rows).toEqual([is]);
  });
});

async function totals({ client }: ShopDatabase): Promise<unknown> {
  const { rows } = await client.query(
    `select count(*)::int as orders, sum(cents)::int as cents, count(distinct customer_id)::int as customers from orders`,
  );
  return rows[0];
}

/** Indexes that a concurrent build left invalid, and constraints that were not validated. */
async function unfinished({ client }: ShopDatabase): Promise<readonly unknown[]> {
  const { rows } = await client.query(
    `select indexrelid::regclass::text as name from pg_index where not indisvalid
     union all select conname from pg_constraint where not convalidated`,
  );
  return rows;
}
