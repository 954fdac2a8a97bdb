import { database, queryRow } from '../database.mjs';

/** What the statements below need to be there. */
export const needs = {
  revision: 5,
  tables: ['customers', 'orders', 'order_receipts', 'jobs', 'shipments', 'vouchers', 'invoices'],
};

const ORDER = `
  select orders.id, orders.item, orders.cents, orders.note, orders.voucher_code as voucher,
         case when exists (select from shipments where order_id = orders.id) then 'shipped' else orders.state end as state,
         customers.given_name || coalesce(' ' || customers.family_name, '') as customer,
         (select count(*)::int from orders earlier
           where earlier.customer_id = orders.customer_id and earlier.placed_at < orders.placed_at) as earlier,
         (select sum((line ->> 'cents')::int)::int from invoices, jsonb_array_elements(invoices.lines) as line
           where invoices.id = orders.id) as billed
    from orders join customers on customers.id = orders.customer_id`;

export async function listOrders() {
  const { rows } = await database.query(`${ORDER} order by orders.placed_at desc limit 10`);
  return rows;
}

export async function findOrder(id) {
  return queryRow(`${ORDER} where orders.id = $1`, [id]);
}

/** Stores an order under the id that its sender chose, its invoice, and the jobs of confirming and shipping it, or nothing. */
export async function placeOrder({ id, customer, item, cents, note, voucher }) {
  const [givenName, ...rest] = customer.name.split(' ');
  const familyName = rest.join(' ') || null;
  await database.query(
    `with customer as (
       insert into customers (email, given_name, family_name) values ($2, $3, $4)
       on conflict (email) do update set given_name = excluded.given_name, family_name = excluded.family_name
       returning id
     ), priced as (
       select customer.id as customer_id, vouchers.code, $6::int * (100 - coalesce(vouchers.percent, 0)) / 100 as cents
         from customer left join vouchers on vouchers.code = $8
     ), receipt as (
       insert into order_receipts (order_id) values ($1)
     ), job as (
       insert into jobs (kind, order_id) values ('confirm', $1), ('ship', $1)
     ), invoice as (
       insert into invoices (id, customer_id, lines)
       select $1, customer_id, jsonb_build_array(jsonb_build_object('item', $5::text, 'cents', cents)) from priced
       on conflict (id) do nothing
     )
     insert into orders (id, customer_id, item, cents, note, voucher_code)
     select $1, customer_id, $5, cents, $7, code from priced
     on conflict (id) do nothing`,
    [id, customer.email, givenName, familyName, item, cents, note, voucher],
  );
}
