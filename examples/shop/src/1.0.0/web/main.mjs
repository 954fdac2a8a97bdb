// The web front: pages for people, made of what the api knows.
import { html, json, serve } from '../http.mjs';
import { frontPage } from './front-page.mjs';
import { missingPage, orderPage } from './order-page.mjs';

await serve({
  'GET /ready': async () => {
    const unanswered = { status: 503, body: { reason: 'the api does not answer' } };
    const { status, body } = await ask('/ready').catch(() => unanswered);
    return json(status, { ...body, release: process.env.ONWARD_RELEASE });
  },
  'GET /': async () => show(await ask('/orders'), frontPage),
  'GET /orders/:id': async ({ params }) => show(await ask(`/orders/${params.id}`), orderPage),
  'POST /orders': async ({ body }) => passOn(await ask('/orders', { method: 'POST', body: JSON.stringify(body) })),
  'GET /slow': async ({ query }) => passOn(await ask(`/slow?${query}`)),
});

async function ask(path, options) {
  const response = await fetch(new URL(path, process.env.API_URL), options);
  return { status: response.status, body: await response.json() };
}

function show(answer, page) {
  if (answer.status === 404) return html(404, missingPage());
  return answer.status === 200 ? html(200, page(answer.body)) : passOn(answer);
}

function passOn({ status, body }) {
  return json(status, body);
}
