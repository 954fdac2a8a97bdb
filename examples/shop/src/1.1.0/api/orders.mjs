import { database, queryRow } from '../database.mjs';

/** What the statements below need to be there. */
export const needs = { revision: 2, tables: ['customers', 'orders', 'order_receipts', 'jobs', 'shipments'] };

const ORDER = `
  select orders.id, orders.item, orders.cents, orders.state, orders.note, customers.name as customer,
         (select count(*)::int from orders earlier
           where earlier.customer_id = orders.customer_id and earlier.placed_at < orders.placed_at) as earlier
    from orders join customers on customers.id = orders.customer_id`;

export async function listOrders() {
  const { rows } = await database.query(`${ORDER} order by orders.placed_at desc limit 10`);
  return rows;
}

export async function findOrder(id) {
  return queryRow(`${ORDER} where orders.id = $1`, [id]);
}

/** Stores an order under the id that its sender chose, and the jobs of confirming and shipping it, or nothing. */
export async function placeOrder({ id, customer, item, cents, note }) {
  await database.query(
    `with customer as (
       insert into customers (email, name) values ($2, $3)
       on conflict (email) do update set name = excluded.name
       returning id
     ), receipt as (
       insert into order_receipts (order_id) values ($1)
     ), job as (
       insert into jobs (kind, order_id) values ('confirm', $1), ('ship', $1)
     )
     insert into orders (id, customer_id, item, cents, note) select $1, id, $4, $5, $6 from customer
     on conflict (id) do nothing`,
    [id, customer.email, customer.name, item, cents, note],
  );
}
