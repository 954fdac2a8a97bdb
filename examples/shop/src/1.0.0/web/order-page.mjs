import { escapeHtml, page } from './page.mjs';

export function orderPage({ id, item, cents, customer, state }) {
  const price = (cents / 100).toFixed(2);
  return page(`Order ${id}`, `<p>${escapeHtml(item)} at ${price}, for ${escapeHtml(customer)}: ${state}</p>`);
}

export function missingPage() {
  return page('Not here', '<p>There is no such order.</p>');
}
