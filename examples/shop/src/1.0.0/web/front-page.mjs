import { escapeHtml, page } from './page.mjs';

export function frontPage(orders) {
  const rows = orders.map(
    (order) => `<li><a href="/orders/${order.id}">${escapeHtml(order.item)}</a> for ${escapeHtml(order.customer)}</li>`,
  );
  return page('The shop', `<p>The latest orders</p><ul>${rows.join('')}</ul>`);
}
