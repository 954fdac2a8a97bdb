import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { countWrites, startLoad } from '../../examples/shop/load.mjs';
import { createProcesses } from '../../src/system/index.ts';
import { startShop, waitFor } from './shop.ts';

type Load = Awaited<ReturnType<typeof startLoad>>;
type Handler = (number: number, request: IncomingMessage, response: ServerResponse) => void;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A front that answers as the shop does, except where the test's own handler ends the response first. */
async function startFront(answer: Handler = () => {}): Promise<string> {
  let number = 0;
  const server = createServer(async (request, response) => {
    number += 1;
    answer(number, request, response);
    if (request.socket.destroyed || response.headersSent) return;
    const body = Buffer.concat(await request.toArray()).toString();
    response.setHeader('x-release', '1.0.0');
    const [, , id] = (request.url ?? '').split('/');
    if (request.method === 'POST') response.writeHead(201).end(JSON.stringify({ id: JSON.parse(body).id }));
    else response.end(id ? `<h1>Order ${id}</h1>` : '<h1>The shop</h1> {"orders":1}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

/** A load of so many requests, all of them sent when it resolves. */
async function sendAll(options: Parameters<typeof startLoad>[0]): Promise<Load> {
  const load = await startLoad({ rate: 200, ...options });
  await waitFor('all requests to be sent', async () => (await load.snapshot()).sent === options.maxRequests);
  return load;
}

describe('the load generator', () => {
  it('counts exactly the requests that get no answer', async () => {
    const url = await startFront((number, request) => {
      if ([10, 50, 90].includes(number)) request.socket.destroy();
    });
    const report = await (await sendAll({ url, maxRequests: 100 })).stop();
    expect(report).toMatchObject({ sent: 100, carried: 100, failed: 3, inFlight: 0, releases: { '1.0.0': 97 } });
    expect(report.failures.map((failure) => failure.kind)).toEqual(['no answer', 'no answer', 'no answer']);
  });

  it('tells an answer that is cut off, a server error and a wrong answer apart', async () => {
    const url = await startFront((number, request, response) => {
      if (number === 20) response.writeHead(200, { 'content-length': 1_000 }).write('<h1>The shop</h1>');
      if (number === 20) setImmediate(() => request.socket.destroy());
      if (number === 40) response.writeHead(503).end('{"error":"no"}');
      if (number === 60) response.writeHead(200).end('<h1>Another shop</h1>');
    });
    const report = await (await sendAll({ url, maxRequests: 80 })).stop();
    expect(report.failed).toBe(3);
    expect(report.failures.map((failure) => failure.kind).sort()).toEqual([
      'no answer',
      'server error',
      'wrong answer',
    ]);
  });

  it('fails every request when nothing listens, and keeps the first twenty failures', async () => {
    const report = await (await sendAll({ url: 'http://127.0.0.1:1', maxRequests: 50 })).stop();
    expect([report.failed, report.failures.length, report.carried]).toEqual([50, 20, 50]);
  });

  it('uses a new connection for one half of the requests and its own again for the other', async () => {
    const sockets = { close: new Set(), 'keep-alive': new Set() };
    const requests = { close: 0, 'keep-alive': 0 };
    const url = await startFront((_, { headers, socket }) => {
      const kind = headers.connection === 'keep-alive' ? 'keep-alive' : 'close';
      sockets[kind].add(socket);
      requests[kind] += 1;
    });
    await (await sendAll({ url, maxRequests: 100 })).stop();
    expect(requests).toEqual({ close: 50, 'keep-alive': 50 });
    expect(sockets.close.size).toBe(50);
    expect(sockets['keep-alive'].size).toBeLessThan(25);
  });

  it('places one order in five requests, under ids of its own, and asks for long reports', async () => {
    const urls: string[] = [];
    const url = await startFront((_, request) => urls.push(`${request.method} ${request.url}`));
    const report = await (await sendAll({ url, rate: 1_000, maxRequests: 1_000, longShare: 0.01, longMs: 40 })).stop();
    const share = (start: string) => urls.filter((each) => each.startsWith(start)).length / urls.length;
    expect(share('POST /orders')).toBeCloseTo(0.2, 1);
    expect(share('GET /slow?ms=40')).toBeCloseTo(0.01, 2);
    expect(new Set(report.acknowledgedIds).size).toBe(urls.filter((each) => each === 'POST /orders').length);
  });

  it('measures from the moment a request was due, so that a stall is seen by all that should have been sent', async () => {
    const stallMs = 900;
    let stalledUntil = 0;
    const url = await startFront((number) => {
      // The whole front stands still, so that requests wait to be read, too.
      stalledUntil = number === 1 ? Date.now() + stallMs : stalledUntil;
      while (Date.now() < stalledUntil);
    });
    const { latency } = await (await sendAll({ url, rate: 100, maxRequests: 120 })).stop();
    expect(latency.before?.max).toBeGreaterThan(stallMs * 0.9);
    expect(latency.before?.p50).toBeGreaterThan(stallMs * 0.2);
  });

  it('books what is due after a mark under its name', async () => {
    const url = await startFront();
    const load = await startLoad({ url, rate: 200 });
    await waitFor('some requests', async () => (await load.snapshot()).carried > 20);
    await load.mark('during');
    await waitFor('more requests', async () => ((await load.snapshot()).latency.during?.requests ?? 0) > 20);
    const { latency, carried, failed } = await load.stop();
    expect(failed).toBe(0);
    expect((latency.before?.requests ?? 0) + (latency.during?.requests ?? 0)).toBe(carried);
  });

  it('ends when its caller is killed', async () => {
    const door = new URL('../../examples/shop/load.mjs', import.meta.url).href;
    const script = `import { startLoad } from ${JSON.stringify(door)};
      const load = await startLoad({ url: 'http://127.0.0.1:1' });
      console.log(load.pid);`;
    const caller = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(caller.stdout, 'data');
    const pid = Number(line);
    const processes = createProcesses();
    expect(processes.identify(pid)).toBeDefined();
    caller.kill('SIGKILL');
    await waitFor('the load generator to end', async () => processes.identify(pid) === undefined);
  });
});

describe('countWrites()', () => {
  it('counts orders that were acknowledged and are not there, and orders that were stored twice', async () => {
    const shop = await startShop();
    cleanups.push(() => shop.remove());
    const database = await shop.createDatabase('1.0.0');
    const [kept, twice, lost] = [randomUUID(), randomUUID(), randomUUID()];
    await database.client.query(`insert into customers (email, name) values ('c', 'Ada Li')`);
    await database.client.query(`insert into orders select id, 1, 'x', 1 from unnest($1::uuid[]) id`, [[kept, twice]]);
    await database.client.query('insert into order_receipts select unnest($1::uuid[])', [[kept, twice, twice]]);
    expect(await countWrites(database.url, [kept])).toEqual({ lost: 0, doubled: 1 });
    expect(await countWrites(database.url, [kept, twice, lost])).toEqual({ lost: 1, doubled: 1 });
  });
});
