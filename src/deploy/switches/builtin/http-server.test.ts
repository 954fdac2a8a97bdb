import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { createTestServers } from '../../../../test/support/frontends.ts';
import { connectRaw } from '../../../../test/support/raw-http.ts';
import { describeCounters } from './counters.ts';
import { applyChange } from './live-frontend.ts';

const servers = createTestServers();
afterAll(() => servers.close());

const url = (port: number) => `http://127.0.0.1:${port}/`;

describe('a request through the switch', () => {
  it('reaches the target as it was sent, with its origin added and without what was about the connection', async () => {
    const seen: string[][] = [];
    const target = await servers.http((incoming, response) => {
      seen.push([`${incoming.method} ${incoming.url}`, ...incoming.rawHeaders]);
      response.end('ok');
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write(
      'GET /a%20b?c=d HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 10.0.0.9\r\nX-Twice: 1\r\nX-Twice: 2\r\nKeep-Alive: 5\r\n' +
        'Proxy-Authorization: secret\r\nX-Private: 1\r\nCookie: kept\r\nConnection: close, X-Private, Cookie\r\n\r\n',
    );
    await client.closed();
    const connection = ['Connection', 'keep-alive'];
    expect(seen[0]).toEqual([
      ...['GET /a%20b?c=d', 'Host', 'shop.test', 'X-Twice', '1', 'X-Twice', '2', 'Cookie', 'kept'],
      ...['X-Forwarded-For', '10.0.0.9, 127.0.0.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'shop.test'],
      ...connection,
    ]);
  });

  it('brings back status, message, repeated headers and trailers', async () => {
    const target = await servers.http((_, response) => {
      response.writeHead(418, 'Short and Stout', [
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Connection', 'X-Hop', 'X-Hop', '1', 'Trailer', 'X-Sum'],
      ]);
      response.addTrailers({ 'X-Sum': '42' });
      response.end('tea');
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n');
    const answer = await client.until((text) => text.includes('X-Sum: 42'));
    expect(answer).toMatch(/^HTTP\/1\.1 418 Short and Stout\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(answer).toContain('Trailer: X-Sum\r\n');
    expect(answer).not.toContain('X-Hop');
    expect(answer).toMatch(/\r\n3\r\ntea\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    client.socket.destroy();
  });

  it('keeps the framing of a body: length, chunks with trailers, and none', async () => {
    const bodies: unknown[] = [];
    const target = await servers.http(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
      bodies.push({ body, length, coding, trailers: incoming.trailers });
      response.end();
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    await eventually(
      () => bodies.length,
      (count) => count === 1,
    );
    client.write('DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 9\r\n\r\n');
    await eventually(
      () => bodies.length,
      (count) => count === 2,
    );
    client.write('POST / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(
      () => bodies.length,
      (count) => count === 3,
    );
    expect(bodies).toEqual([
      { body: 'hello', length: '5', coding: undefined, trailers: {} },
      { body: 'ab', length: undefined, coding: 'chunked', trailers: { 'x-sum': '9' } },
      { body: '', length: '0', coding: undefined, trailers: {} },
    ]);
    client.socket.destroy();
  });

  it('answers HEAD and 304 without a body and keeps their headers', async () => {
    const target = await servers.http((incoming, response) => {
      response.writeHead(incoming.method === 'HEAD' ? 200 : 304, { 'content-length': '1000', etag: '"x"' });
      response.end();
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const { received } = await client.closed();
    expect(received.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 304']);
    expect(received.match(/content-length: 1000/g)).toHaveLength(2);
  });

  it('asks the client to go on only when the target does', async () => {
    const target = await servers.http(() => {});
    const expected: string[] = [];
    target.server.on('checkContinue', (incoming, response) => {
      expected.push(incoming.url ?? '');
      if (incoming.url === '/no') {
        response.writeHead(413, { 'content-length': '0' });
        response.end();
        return;
      }
      response.writeContinue();
      incoming.resume().on('end', () => response.end('done'));
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('POST /yes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    expect(await client.until((text) => text.length > 0)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.write('abc');
    await client.until((text) => text.includes('done'));
    client.write('POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    const { received } = await client.closed();
    expect(received).toMatch(/HTTP\/1\.1 413 [\s\S]*Connection: close/);
    expect(expected).toEqual(['/yes', '/no']);
  });

  it('speaks HTTP/1.0 with clients that do', async () => {
    const target = await servers.http((_, response) => {
      response.write('a');
      response.end('b');
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.0\r\n\r\n');
    const { received } = await client.closed();
    expect(received).toMatch(/Connection: close\r\n\r\nab$/);
  });

  it('refuses what two parsers could read in two ways', async () => {
    let reached = 0;
    const target = await servers.http((_, response) => {
      reached += 1;
      response.end();
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const status = async (text: string) => {
      const client = await connectRaw(port);
      client.write(text);
      return /^HTTP\/1\.1 (\d+)/.exec((await client.closed()).received)?.[1];
    };
    const post = 'POST / HTTP/1.1\r\nHost: a\r\n';
    const chunks = '\r\n0\r\n\r\n';
    expect({
      lengthAndChunks: await status(`${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n${chunks}`),
      twoLengths: await status(`${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`),
      almostChunked: await status(`${post}Transfer-Encoding: xchunked\r\n${chunks}`),
      twoCodings: await status(`${post}Transfer-Encoding: gzip, chunked\r\n${chunks}`),
      chunkedInOld: await status(`POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n${chunks}`),
      twoHosts: await status('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
      noHost: await status('GET / HTTP/1.1\r\n\r\n'),
      folded: await status('GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n'),
      spaceBeforeColon: await status(`${post}Content-Length : 5\r\n\r\nhello`),
      bareLineFeed: await status('GET / HTTP/1.1\nHost: a\n\n'),
      tooLong: await status(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`),
      noise: await status('\u0016\u0003\u0001 nonsense\r\n\r\n'),
      connect: await status('CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'),
    }).toEqual({
      lengthAndChunks: '400',
      twoLengths: '400',
      almostChunked: '501',
      twoCodings: '501',
      chunkedInOld: '400',
      twoHosts: '400',
      noHost: '400',
      folded: '400',
      spaceBeforeColon: '400',
      bareLineFeed: '400',
      tooLong: '431',
      noise: '400',
      connect: '405',
    });
    expect(reached).toBe(0);
  });

  it('streams large bodies both ways without keeping them', async () => {
    const target = await servers.http((incoming, response) => incoming.pipe(response));
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const block = randomBytes(1024 * 1024);
    const blocks = 64;
    const upload = request(url(port), { method: 'POST', headers: { 'transfer-encoding': 'chunked' } });
    let written = 0;
    const write = () => {
      while (written < blocks) {
        written += 1;
        if (!upload.write(block)) return void upload.once('drain', write);
      }
      upload.end();
    };
    write();
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      upload.once('response', resolve),
    );
    // Nobody reads the answer: everybody must come to a stand instead of buffering 64 MiB.
    const stoodAt = await settled(() => written);
    expect(stoodAt).toBeLessThan(blocks / 2);
    let read = 0;
    for await (const chunk of response) read += (chunk as Buffer).length;
    expect(read).toBe(blocks * block.length);
  });

  it('passes a head on while its body is late', async () => {
    const target = await servers.http((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    const { port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toContain('text/event-stream');
    client.socket.destroy();
  });

  it('lets a target answer before it has read the whole body', async () => {
    const target = await servers.http((_, response) => {
      response.writeHead(413, { connection: 'close' });
      response.end('too large');
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
    await client.until((text) => text.includes('too large'));
    client.write('x'.repeat(100_000));
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.split('too large').length === 3);
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 2, failed: 0 });
    client.socket.destroy();
  });
});

describe('a broken request', () => {
  it('is ended at the target when the client goes away, and is no failure of ours', async () => {
    let aborted = 0;
    const target = await servers.http((incoming) => {
      incoming.socket.once('close', () => {
        aborted += 1;
      });
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(
      () => live.traffic.targets.list()[0]?.inFlight,
      (count) => count === 1,
    );
    client.socket.destroy();
    await eventually(
      () => aborted,
      (count) => count === 1,
    );
    await eventually(
      () => live.traffic.targets.list()[0]?.inFlight,
      (count) => count === 0,
    );
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 1, failed: 0 });
  });

  it.each(['HTTP/1.1', 'HTTP/1.0'])(
    'is cut, never completed, when the target breaks off its answer to %s',
    async (version) => {
      const target = await servers.http((_, response) => {
        response.write('half');
        setImmediate(() => response.socket?.destroy());
      });
      const { live, port, serve } = await servers.frontend();
      serve(target.port);
      const client = await connectRaw(port);
      client.write(`GET / ${version}\r\nHost: a\r\n\r\n`);
      const { received, wasReset } = await client.closed();
      expect(received).not.toContain('0\r\n\r\n');
      if (version === 'HTTP/1.0') expect(wasReset).toBe(true);
      expect(describeCounters(live.traffic.counters)).toMatchObject({
        carried: 1,
        failed: 1,
        failures: { 'cut-off': 1 },
      });
    },
  );

  it('is answered with 502 when the target says nothing, or no HTTP', async () => {
    const target = await servers.tcp((socket) => {
      socket.once('data', (data) => {
        if (String(data).startsWith('GET /noise')) socket.end('what?\r\n\r\n');
        else socket.destroy();
      });
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    expect((await fetch(url(port))).status).toBe(502);
    expect((await fetch(`${url(port)}noise`)).status).toBe(502);
    expect(describeCounters(live.traffic.counters).failures).toEqual({ reset: 1, 'bad-answer': 1 });
  });

  it('counts answers of 500 and above as carried', async () => {
    const target = await servers.http((_, response) => {
      response.statusCode = 503;
      response.end();
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    await fetch(url(port));
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 1, failed: 0, serverErrors: 1 });
  });
});

describe('kept-alive connections to targets', () => {
  it('are used again, and a lost one is made good for requests that change nothing', async () => {
    const connections: string[] = [];
    // Answers one request on each connection, then drops the next one unseen.
    const target = await servers.tcp((socket) => {
      let requests = 0;
      socket.on('data', (data) => {
        requests += 1;
        connections.push(String(data).slice(0, 4).trim());
        if (requests > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const { live, port, serve } = await servers.frontend({ limits: { freshUpstreamMs: 60_000 } });
    serve(target.port);
    const ask = async (method: string) => (await fetch(url(port), { method })).status;
    expect([await ask('GET'), await ask('GET'), await ask('POST')]).toEqual([200, 200, 502]);
    expect(connections).toEqual(['GET', 'GET', 'GET', 'POST']);
    expect(describeCounters(live.traffic.counters)).toMatchObject({
      carried: 3,
      failed: 1,
      retried: 1,
      failures: { reset: 1 },
    });
  });

  it('are not used by a request that must not be sent twice once they are idle for a moment', async () => {
    let connections = 0;
    const target = await servers.http((_, response) => response.end());
    target.server.on('connection', () => {
      connections += 1;
    });
    const { port, serve } = await servers.frontend({ limits: { freshUpstreamMs: 0 } });
    serve(target.port);
    await fetch(url(port));
    await fetch(url(port));
    expect(connections).toBe(1);
    await fetch(url(port), { method: 'POST' });
    expect(connections).toBe(2);
  });

  it('are closed when their target drains or leaves', async () => {
    let open = 0;
    const target = await servers.http((_, response) => response.end());
    target.server.on('connection', (socket) => {
      open += 1;
      socket.once('close', () => {
        open -= 1;
      });
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    await fetch(url(port));
    expect(open).toBe(1);
    const draining = live.traffic.targets.list().map((each) => ({ ...each, state: 'draining' as const }));
    applyChange(live, { targets: draining, isHeld: false });
    await eventually(
      () => open,
      (count) => count === 0,
    );
  });
});

describe('a protocol change', () => {
  it('goes through with the bytes around it, and counts once, when it ends', async () => {
    const target = await servers.http(() => {});
    target.server.on('upgrade', (incoming, socket, head) => {
      socket.write(
        `HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: Upgrade\r\nX-Key: ${incoming.headers['x-key']}\r\n\r\nhi:${head}`,
      );
      socket.pipe(socket);
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Key: 7\r\n\r\n');
    await client.until((text) => text.includes('hi:'));
    client.write('hello');
    expect(await client.until((text) => text.includes('hello'))).toBe(
      'HTTP/1.1 101 Switching\r\nX-Key: 7\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi:hello',
    );
    expect(live.traffic.targets.list()[0]?.inFlight).toBe(1);
    expect(live.traffic.counters.carried).toBe(0);
    client.socket.end();
    await eventually(
      () => live.traffic.targets.list()[0]?.inFlight,
      (count) => count === 0,
    );
    await eventually(
      () => live.traffic.counters.carried,
      (count) => count === 1,
    );
  });

  it('that the target declines is answered like any request', async () => {
    const target = await servers.http((_, response) => response.writeHead(403).end('no'));
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 1, failed: 0 });
  });

  it('to HTTP/2 is not taken up: the request, with its body, is answered in HTTP/1.1 on a connection that stays', async () => {
    const seen: unknown[] = [];
    const target = await servers.http(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      seen.push([incoming.method, incoming.headers.upgrade, incoming.headers['http2-settings'], body]);
      response.end(`got ${body}`);
    });
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    const client = await connectRaw(port);
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n';
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${offer}Content-Length: 5\r\n\r\nhel`);
    client.write('lo');
    await client.until((text) => text.includes('got hello'));
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.split('got').length === 3);
    expect(seen).toEqual([
      ['POST', undefined, undefined, 'hello'],
      ['GET', undefined, undefined, ''],
    ]);
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 2, failed: 0 });
    expect(live.traffic.connections).toBe(1);
    client.socket.destroy();
  });
});

describe('a hundred clients at once', () => {
  it('with kept-alive connections are all answered and counted', async () => {
    const target = await servers.http((_, response) => response.end('x'.repeat(1000)));
    const { live, port, serve } = await servers.frontend();
    serve(target.port);
    const agent = new Agent({ keepAlive: true, maxSockets: 100 });
    const ask = () =>
      new Promise<number>((resolve, reject) => {
        request(url(port), { agent }, (incoming) => {
          let bytes = 0;
          incoming.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
          });
          incoming.on('end', () => resolve(bytes));
        })
          .on('error', reject)
          .end();
      });
    const sizes = await Promise.all(Array.from({ length: 500 }, ask));
    agent.destroy();
    expect(new Set(sizes)).toEqual(new Set([1000]));
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 500, failed: 0 });
    await eventually(
      () => live.traffic.connections,
      (count) => count === 0,
    );
    expect(live.traffic.unsettled).toBe(0);
  });
});

/** The value once it has not changed for a quarter of a second. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  let sinceMs = performance.now();
  return eventually(
    () => {
      const value = read();
      if (value !== last) sinceMs = performance.now();
      last = value;
      return value;
    },
    () => performance.now() - sinceMs > 250,
  );
}
