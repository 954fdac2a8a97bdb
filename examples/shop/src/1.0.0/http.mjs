import { createServer } from 'node:http';
import { stopping } from './lifecycle.mjs';

/**
 * @typedef {{ status: number, type: string, body: string }} Answer
 * @typedef {{ params: Record<string, string>, query: URLSearchParams, body: unknown }} Request
 * @typedef {Record<string, (request: Request) => Answer | Promise<Answer>>} Routes keys such as `GET /orders/:id`
 */

/**
 * Serves on HOST:PORT. Once the process is asked to stop it accepts nothing new, finishes the requests it has, and resolves.
 *
 * @param {Routes} routes
 */
export async function serve(routes) {
  const server = createServer(async (request, response) => {
    const answer = await answerTo(request, routes).catch(failure);
    // Whoever holds this connection learns that it must not send its next request here.
    if (stopping.aborted) response.setHeader('connection', 'close');
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      'x-release': process.env.ONWARD_RELEASE ?? 'development',
    });
    response.end(answer.body);
  });
  // Longer than any proxy keeps an idle connection: it must never be this side that closes one while it serves.
  server.keepAliveTimeout = 75_000;
  server.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1');
  // `close` stops listening and closes what is idle, at once; it is done when the last request is.
  stopping.addEventListener('abort', () => server.close());
  await new Promise((resolve, reject) => server.once('close', resolve).once('error', reject));
}

/** @returns {Answer} */
export function json(status, value) {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** @returns {Answer} */
export function html(status, body) {
  return { status, type: 'text/html; charset=utf-8', body };
}

async function answerTo(request, routes) {
  const url = new URL(request.url, 'http://shop');
  for (const [route, answer] of Object.entries(routes)) {
    const params = match(route, `${request.method} ${url.pathname}`);
    if (params) return answer({ params, query: url.searchParams, body: await bodyOf(request) });
  }
  return json(404, { error: `There is no ${request.method} ${url.pathname}` });
}

/** `GET /orders/:id` matches `GET /orders/6f1f3f9e-7a5e-4b5c-8a53-0f7f4a2b8a11` and makes `{ id: '6f1f…' }` of it. */
function match(route, target) {
  const pattern = route.replace(/:(\w+)/g, '(?<$1>[0-9a-f-]{36})');
  const found = new RegExp(`^${pattern}$`).exec(target);
  return found && { ...found.groups };
}

async function bodyOf(request) {
  const chunks = await request.toArray();
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
}

function failure(error) {
  if (error instanceof SyntaxError) return json(400, { error: error.message });
  console.error(error);
  return json(500, { error: error.message });
}
