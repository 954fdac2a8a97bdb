// Load from service to service: node inside.mjs <url of the api> [requests per second]. Told to end, it says what became of the requests.
import http from 'node:http';

const [url = '', rate = '60'] = process.argv.slice(2);
const TICK_MS = 5;
const TIMEOUT_MS = 30_000;
const MOST_REQUESTS = 500_000;
const REASONS_KEPT = 20;

const reusing = new http.Agent({ keepAlive: true, scheduling: 'fifo', timeout: 2_000 });
/** @type {Set<Promise<void>>} */
const inFlight = new Set();
/** @type {string[]} */
const reasons = [];
let carried = 0;
let failed = 0;
let sent = 0;

const startedAt = performance.now();
// At a constant rate, whatever becomes of the earlier ones; every second one over a connection of its own. None is sent twice.
const timer = setInterval(() => {
  const due = Math.min(MOST_REQUESTS, ((performance.now() - startedAt) / 1_000) * Number(rate));
  for (; sent < due; sent += 1) book(ask('/orders', sent % 2 === 0 ? reusing : false));
}, TICK_MS);
console.log('started');

process.once('SIGTERM', async () => {
  clearInterval(timer);
  await Promise.all(inFlight);
  console.log(JSON.stringify({ carried, failed, reasons }));
  process.exit(0);
});

/** @param {Promise<void>} request */
function book(request) {
  const exchange = request
    .catch((error) => {
      failed += 1;
      if (reasons.length < REASONS_KEPT) reasons.push(`${new Date().toISOString()} ${error.message || error.code}`);
    })
    .finally(() => {
      carried += 1;
      inFlight.delete(exchange);
    });
  inFlight.add(exchange);
}

/** Rejects unless there is a whole and right answer. @param {string} path @param {http.Agent | false} agent @returns {Promise<void>} */
function ask(path, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get(new URL(path, url), { agent, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200 && body.startsWith('[')) resolve();
        else reject(new Error(`${response.statusCode} ${body.slice(0, 200)}`));
      });
    });
    request.once('error', reject);
  });
}
