import { escapeHtml, page } from './page.mjs';

/** The api of an earlier release tells neither the note nor the earlier orders. */
export function orderPage({ id, item, cents, customer, state, note, earlier }) {
  const price = (cents / 100).toFixed(2);
  const quote = note ? `<blockquote>${escapeHtml(note)}</blockquote>` : '';
  const history = earlier ? `<p>Orders of this customer before: ${earlier}</p>` : '';
  return page(
    `Order ${id}`,
    `<p>${escapeHtml(item)} at ${price}, for ${escapeHtml(customer)}: ${state}</p>${quote}${history}`,
  );
}

export function missingPage() {
  return page('Not here', '<p>There is no such order.</p>');
}
