import { createClients, send } from './client.mjs';
import { createMix } from './mix.mjs';
import { Tally } from './tally.mjs';

const TICK_MS = 2;
const MAX_IN_FLIGHT = 2_000;

/**
 * @typedef {object} LoadOptions
 * @property {string} url of the shop's front
 * @property {'web' | 'api'} [front] what answers there; `web` unless told
 * @property {number} [rate] requests per second
 * @property {number} [seed] of the mix of requests
 * @property {number} [longShare] share of requests that take `longMs`
 * @property {number} [longMs]
 * @property {number} [maxSeconds] it sends no more after this time
 * @property {number} [maxRequests] nor after this many requests
 */

/**
 * Sends requests at a constant rate, whatever becomes of the earlier ones, and measures each from the moment at which it was due:
 * a server that stalls is seen as slow by every request that should have been sent meanwhile.
 *
 * @param {LoadOptions} options
 */
export function startGenerator(options) {
  const {
    url,
    front = 'web',
    rate = 120,
    seed = 1,
    longShare = 0.005,
    longMs = 1_500,
    maxSeconds = 900,
    maxRequests = 500_000,
  } = options;
  const limit = Math.min(maxRequests, Math.floor(maxSeconds * rate));
  const tally = new Tally();
  const clients = createClients();
  const nextRequest = createMix({ seed, front, longShare, longMs, acknowledgedIds: tally.acknowledgedIds });
  const inFlight = new Set();
  const startedAt = performance.now();
  let stoppedAt = 0;
  let mark = 'before';
  let sent = 0;

  const timer = setInterval(() => {
    const due = Math.min(limit, ((performance.now() - startedAt) / 1_000) * rate);
    for (; sent < due; sent += 1) sendOne(clients.agents[sent % clients.agents.length]);
    if (sent === limit) end();
  }, TICK_MS);

  function sendOne({ name, agent }) {
    const planned = nextRequest();
    const what = `${planned.method} ${planned.path} over a ${name}`;
    if (inFlight.size >= MAX_IN_FLIGHT) return tally.countFailure('not sent', `${what}: ${inFlight.size} wait already`);
    const request = { planned, what, mark, dueAt: startedAt + (sent / rate) * 1_000 };
    const exchange = send(new URL(planned.path, url), { ...planned, agent })
      .then((answer) => book(tally, request, answer))
      .catch((error) => tally.countFailure('no answer', `${what}: ${error.message || error.code}`))
      .finally(() => inFlight.delete(exchange));
    inFlight.add(exchange);
  }

  function end() {
    clearInterval(timer);
    stoppedAt ||= performance.now();
  }

  function snapshot() {
    const seconds = ((stoppedAt || performance.now()) - startedAt) / 1_000;
    return { seconds, sent, inFlight: inFlight.size, ...tally.summary() };
  }

  return {
    snapshot,
    /** Requests that are due from now on are booked under this name. @param {string} name */
    mark(name) {
      mark = name;
    },
    /** Sends no more, waits for every answer that is owed, and reports. */
    async stop() {
      end();
      await Promise.all(inFlight);
      clients.close();
      return { ...snapshot(), failures: tally.failures, acknowledgedIds: tally.acknowledgedIds };
    },
  };
}

/** Books an answer, and whether it was the right one. */
function book(tally, { planned, what, mark, dueAt }, { status, body, release }) {
  const ms = performance.now() - dueAt - (planned.ownMs ?? 0);
  tally.countAnswer({ mark, release, ms: Math.max(0, ms) });
  if (status === 201 && planned.orderId) tally.acknowledgedIds.push(planned.orderId);
  const isRight = status === planned.status && body.includes(planned.includes);
  if (!isRight)
    tally.countFailure(status >= 500 ? 'server error' : 'wrong answer', `${what}: ${status} ${body.slice(0, 200)}`);
}
