// The api: the only service that other services ask for orders.
import { database, queryRow, readiness } from '../database.mjs';
import { json, serve } from '../http.mjs';
import { findOrder, listOrders, needs, placeOrder } from './orders.mjs';

await serve({
  'GET /ready': () => readiness(needs),
  'GET /orders': async () => json(200, await listOrders()),
  'GET /orders/:id': async ({ params }) => {
    const order = await findOrder(params.id);
    return order ? json(200, order) : json(404, { error: `There is no order ${params.id}` });
  },
  'POST /orders': async ({ body }) => {
    await placeOrder(body);
    return json(201, { id: body.id });
  },
  // A report that takes its time, and holds its lock on the table for as long.
  'GET /slow': async ({ query }) => {
    const seconds = Math.min(Number(query.get('ms')), 10_000) / 1_000;
    const { orders } = await queryRow('select count(*)::int as orders, pg_sleep($1) from orders', [seconds]);
    return json(200, { seconds, orders });
  },
});
await database.end();
