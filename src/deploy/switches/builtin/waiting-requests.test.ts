import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { createTestServers, targetAt } from '../../../../test/support/frontends.ts';
import { connectRaw } from '../../../../test/support/raw-http.ts';
import { describeCounters } from './counters.ts';
import { applyChange } from './live-frontend.ts';

const servers = createTestServers();
afterAll(() => servers.close());

const url = (port: number) => `http://127.0.0.1:${port}/`;
const HOLD = { targets: [], isHeld: true } as const;

describe('a request without a target', () => {
  it('waits for one, and goes to it as soon as there is one', async () => {
    const target = await servers.http((_, response) => response.end('late'));
    const { live, port, serve } = await servers.frontend({ limits: { deliveryMs: 60_000 } });
    const answer = fetch(url(port), { method: 'POST', body: 'x' });
    await eventually(
      () => live.traffic.targets.room.size,
      (size) => size === 1,
    );
    serve(target.port);
    expect(await (await answer).text()).toBe('late');
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 1, failed: 0 });
  });

  it('is answered with 503 after the limit', async () => {
    const { live, port } = await servers.frontend({ limits: { deliveryMs: 50 } });
    const answer = await fetch(url(port));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(describeCounters(live.traffic.counters)).toMatchObject({
      carried: 1,
      failed: 1,
      failures: { 'no-target': 1 },
    });
  });

  it('is answered with 502 when none could be connected to, and sent once one can', async () => {
    const dead = await freePort();
    const { live, port, serve } = await servers.frontend({ limits: { deliveryMs: 300 } });
    serve(dead);
    expect((await fetch(url(port))).status).toBe(502);
    expect(describeCounters(live.traffic.counters).failures).toEqual({ connect: 1 });
    const bodies: string[] = [];
    const target = await servers.http(async (incoming, response) => {
      for await (const chunk of incoming) bodies.push(String(chunk));
      response.end();
    });
    applyChange(live, { targets: [targetAt(dead), targetAt(target.port, { state: 'standby' })], isHeld: false });
    expect((await fetch(url(port), { method: 'POST', body: 'once' })).status).toBe(200);
    expect(bodies).toEqual(['once']);
    expect(live.traffic.counters.retried).toBeGreaterThan(0);
  });

  it('counts as failed when its client gives up', async () => {
    const { live, port } = await servers.frontend();
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(
      () => live.traffic.targets.room.size,
      (size) => size === 1,
    );
    client.socket.destroy();
    await eventually(
      () => live.traffic.targets.room.size,
      (size) => size === 0,
    );
    expect(describeCounters(live.traffic.counters).failures).toEqual({ 'gone-while-waiting': 1 });
    expect(live.traffic.unsettled).toBe(0);
  });
});

describe('a held request', () => {
  it('is answered with 503 when the hold takes too long', async () => {
    const { live, port } = await servers.frontend({ limits: { holdMs: 50 } });
    applyChange(live, HOLD);
    const answer = await fetch(url(port));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(describeCounters(live.traffic.counters)).toMatchObject({ held: 1, failures: { 'hold-timeout': 1 } });
  });

  it.each([
    ['as many requests wait as may', { heldRequests: 1 }],
    ['their heads take as much memory as they may', { heldBytes: 1_500 }],
  ])('is answered with 503 at once when %s', async (_, limits) => {
    const target = await servers.http((_incoming, response) => response.end());
    const { live, port, serve } = await servers.frontend({ limits });
    applyChange(live, HOLD);
    const first = fetch(url(port), { headers: { 'x-large': 'x'.repeat(200) } });
    await eventually(
      () => live.traffic.hold.waiting,
      (waiting) => waiting === 1,
    );
    expect((await fetch(url(port), { headers: { 'x-large': 'x'.repeat(1_000) } })).status).toBe(503);
    serve(target.port);
    expect((await first).status).toBe(200);
    expect(describeCounters(live.traffic.counters).failures).toEqual({ 'hold-full': 1 });
  });

  it('leaves its body with the client until it goes on', async () => {
    const sizes: number[] = [];
    const target = await servers.http(async (incoming, response) => {
      let bytes = 0;
      for await (const chunk of incoming) bytes += (chunk as Buffer).length;
      sizes.push(bytes);
      response.end('stored');
    });
    const { live, port, serve } = await servers.frontend();
    applyChange(live, HOLD);
    const bytes = 32 * 1024 * 1024;
    const client = await connectRaw(port);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`);
    client.write('x'.repeat(bytes));
    await eventually(
      () => live.traffic.hold.waiting,
      (waiting) => waiting === 1,
    );
    // What was not taken from the client still lies there.
    expect(client.socket.writableLength).toBeGreaterThan(bytes / 4);
    serve(target.port);
    await client.until((text) => text.includes('stored'));
    expect(sizes).toEqual([bytes]);
    client.socket.destroy();
  });

  it('is one of thousands that all go on', async () => {
    const target = await servers.http((_, response) => response.end());
    const { live, port, serve } = await servers.frontend();
    applyChange(live, HOLD);
    const client = await connectRaw(port);
    const others = await Promise.all(Array.from({ length: 200 }, () => connectRaw(port)));
    for (const each of [client, ...others]) each.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10));
    await eventually(
      () => live.traffic.hold.waiting,
      (waiting) => waiting === 2_010,
    );
    serve(target.port);
    const answers = await Promise.all(
      [client, ...others].map((each) => each.until((text) => text.match(/HTTP\/1\.1 200 OK/g)?.length === 10)),
    );
    expect(answers).toHaveLength(201);
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 2_010, failed: 0, held: 2_010 });
    for (const each of [client, ...others]) each.socket.destroy();
  });
});
