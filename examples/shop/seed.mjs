// Fills a fresh shop with the past: node seed.mjs <database url>
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export const CUSTOMERS = 20_000;
const ORDERS = 200_000;

/**
 * Adds customers and their old orders to a shop of any release. Takes about two seconds; a second time changes nothing.
 *
 * @param {string} databaseUrl
 */
export async function seedShop(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'shop seed' });
  await client.connect();
  try {
    await client.query(
      `insert into customers (email, name)
       select 'customer-' || n || '@example.com',
              (array['Ada', 'Blaise', 'Chen', 'Dora', 'Emeka'])[1 + n % 5] || ' ' ||
              (array['Okafor', 'Li', 'Martin', 'von Arx', 'Novak', 'Silva', 'Haddad'])[1 + n % 7]
         from generate_series(1, $1::int) as n
       on conflict do nothing`,
      [CUSTOMERS],
    );
    await client.query(
      `insert into orders (id, customer_id, item, cents, state, placed_at)
       select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 1 + n % $1::int, 'Item ' || n % 100, 100 + n % 5000, 'confirmed',
              timestamptz '2024-01-01 00:00:00+00' + n * interval '2 minutes'
         from generate_series(1, $2::int) as n
       on conflict do nothing`,
      [CUSTOMERS, ORDERS],
    );
    await client.query('analyze customers, orders');
  } finally {
    await client.end();
  }
}

/**
 * Adds invoices of the past to a shop of 1.3.1 that has customers, each with one to three lines in its JSON column: 300,000 take about five
 * seconds. A second time changes nothing.
 *
 * @param {string} databaseUrl
 * @param {number} invoices
 */
export async function seedInvoices(databaseUrl, invoices) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'shop seed' });
  await client.connect();
  try {
    await client.query(
      `insert into invoices (id, customer_id, issued_at, lines)
       select ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid, 1 + n % (select max(id) from customers),
              timestamptz '2024-01-01 00:00:00+00' + n * interval '400 days' / $1::int,
              (select jsonb_agg(jsonb_build_object('item', 'Item ' || (n + line) % 100, 'cents', 100 + n * line % 5000))
                 from generate_series(1, 1 + n % 3) as line)
         from generate_series(1, $1::int) as n
       on conflict do nothing`,
      [invoices],
    );
    await client.query('analyze invoices');
  } finally {
    await client.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [databaseUrl] = process.argv.slice(2);
  if (!databaseUrl) throw new Error('Usage: node seed.mjs <database url>');
  await seedShop(databaseUrl);
}
