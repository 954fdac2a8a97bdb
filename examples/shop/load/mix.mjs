import { randomUUID } from 'node:crypto';

const CUSTOMERS = 20_000;
const GIVEN_NAMES = ['Ada', 'Blaise', 'Chen', 'Dora', 'Emeka'];
const FAMILY_NAMES = ['Okafor', 'Li', 'Martin', 'von Arx', 'Novak', 'Silva', 'Haddad'];

/** What is read of an order, or of the latest ones: pages of the web front, or what the api itself says. */
const READS = {
  web: (id) => (id ? read(`/orders/${id}`, `<h1>Order ${id}</h1>`) : read('/', '<h1>The shop</h1>')),
  api: (id) => (id ? read(`/orders/${id}`, `"id":"${id}"`) : read('/orders', '[')),
};

/**
 * @typedef {object} Planned
 * @property {string} method
 * @property {string} path
 * @property {string} [body]
 * @property {number} status what a right answer has
 * @property {string} includes what the body of a right answer holds
 * @property {number} [ownMs] what a right answer takes by its own nature
 * @property {string} [orderId] of a new order
 */

/**
 * What comes next: one in five is a new order, `longShare` are long reports, the rest is reading. The seed decides the order of
 * kinds; ids of orders are never used twice.
 *
 * @param {{ seed: number, front: 'web' | 'api', longShare: number, longMs: number, acknowledgedIds: readonly string[] }} options
 * @returns {() => Planned}
 */
export function createMix({ seed, front, longShare, longMs, acknowledgedIds }) {
  const random = createRandom(seed);
  return () => {
    if (random() < longShare) return report(longMs);
    if (random() < 0.2) return newOrder(random);
    // An order that was acknowledged must be there for whoever asks next.
    const known = pick(random, acknowledgedIds);
    return READS[front](random() < 0.5 ? known : undefined);
  };
}

function read(path, includes) {
  return { method: 'GET', path, status: 200, includes };
}

function report(ms) {
  return { method: 'GET', path: `/slow?ms=${ms}`, status: 200, includes: '"orders":', ownMs: ms };
}

function newOrder(random) {
  const orderId = randomUUID();
  const body = JSON.stringify({
    id: orderId,
    customer: {
      email: `customer-${1 + Math.floor(random() * CUSTOMERS)}@example.com`,
      name: `${pick(random, GIVEN_NAMES)} ${pick(random, FAMILY_NAMES)}`,
    },
    item: `Item ${Math.floor(random() * 100)}`,
    cents: 100 + Math.floor(random() * 5_000),
    note: 'Thank you',
  });
  return { method: 'POST', path: '/orders', body, status: 201, includes: orderId, orderId };
}

function pick(random, items) {
  return items[Math.floor(random() * items.length)];
}

/** Mulberry32: small, and the same numbers for the same seed. */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
