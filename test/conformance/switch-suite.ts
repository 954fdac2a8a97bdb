import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server as NetServer,
} from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Switch, SwitchTarget } from '../../src/deploy/switches/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { connectRaw } from '../support/raw-http.ts';
import type { SwitchBench, SwitchMember } from './switches.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });

/** What RFC 6455 has a server hash, to show that it understood. */
const WEBSOCKET_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A target that answers with its name; to `/wait`, once it is told. */
interface Instance {
  readonly target: SwitchTarget;
  readonly requests: string[];
  release(): void;
}

/** What every switch keeps. Where members differ by nature, the member says so, and both ways are specified. */
export function describeSwitch(member: SwitchMember): void {
  describe(`the ${member.name} switch`, () => specifySwitch(member));
}

function specifySwitch(member: SwitchMember): void {
  let prepared: Awaited<ReturnType<typeof member.prepare>>;
  let bench: SwitchBench;
  let router: Switch;
  let port: number;
  const servers: (Server | NetServer)[] = [];

  beforeAll(async () => {
    prepared = await member.prepare();
  });
  afterAll(() => prepared.remove());
  beforeEach(async () => {
    bench = await prepared.create(system);
    router = bench.connect();
    port = await freePort();
  });
  afterEach(async () => {
    await bench.remove();
    for (const server of servers.splice(0)) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    }
  });

  const open = async (mode: 'http' | 'tcp' = 'http', epoch = 1) => {
    const frontend = { service: 'api', mode, listen: { host: '127.0.0.1', port } };
    await router.open(frontend, epoch);
    await bench.route(frontend);
  };
  const serve = (targets: readonly SwitchTarget[], more: { isHeld?: boolean; epoch?: number } = {}) =>
    router.change('api', { targets, isHeld: more.isHeld ?? false }, more.epoch ?? 1);
  const ask = async (path = '/', method = 'GET') => (await fetch(`http://127.0.0.1:${port}${path}`, { method })).text();
  const inFlight = async (id: string) =>
    (await router.observe('api'))?.targets.find((target) => target.id === id)?.inFlight;

  async function startInstance(id: string, more: Partial<SwitchTarget> = {}): Promise<Instance> {
    const requests: string[] = [];
    const waiting: (() => void)[] = [];
    const server = createServer((incoming, response) => {
      requests.push(`${incoming.method} ${incoming.url}`);
      if (incoming.url === '/wait') waiting.push(() => response.end(id));
      else response.end(id);
    });
    server.on('upgrade', (incoming, socket) => {
      const accept = createHash('sha1')
        .update(`${incoming.headers['sec-websocket-key']}${WEBSOCKET_ID}`)
        .digest('base64');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
      socket.write(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.on('error', () => {});
      socket.on('data', (data: Buffer) => socket.write(`${id}:${data}`));
      socket.on('end', () => socket.end());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    return {
      target: { id, address, weight: 1, state: 'active', ...more },
      requests,
      release: () => {
        for (const answer of waiting.splice(0)) answer();
      },
    };
  }

  it('is nothing before it is opened', async () => {
    expect(await router.observe('api')).toBeUndefined();
  });

  it('opens a frontend once, however often it is asked, and keeps its targets', async () => {
    const one = await startInstance('one');
    await open();
    await serve([one.target]);
    await open();
    expect(await router.observe('api')).toMatchObject({
      ...{ service: 'api', mode: 'http', listen: { host: '127.0.0.1', port }, isHeld: false, waiting: 0, epoch: 1 },
      targets: [{ ...one.target, inFlight: 0 }],
    });
    expect(await ask()).toBe('one');
  });

  it('moves a frontend to another address', async () => {
    const one = await startInstance('one');
    await open();
    await serve([one.target]);
    const before = port;
    port = await freePort();
    await open();
    expect(await ask()).toBe('one');
    await expect(fetch(`http://127.0.0.1:${before}/`)).rejects.toThrow();
  });

  it('sends every request that begins after a confirmed change to the new targets', async () => {
    const [one, two] = [await startInstance('one'), await startInstance('two')];
    await open();
    for (let flip = 0; flip < 10; flip += 1) {
      const instance = flip % 2 === 0 ? one : two;
      await serve([instance.target]);
      expect(await Promise.all([ask(), ask(), ask('/', 'POST')])).toEqual(Array(3).fill(instance.target.id));
    }
  });

  it('shares requests among active targets by weight', async () => {
    const light = await startInstance('light');
    const heavy = await startInstance('heavy', { weight: 3 });
    await open();
    await serve([light.target, heavy.target]);
    const pending = Array.from({ length: 8 }, () => ask('/wait'));
    await eventually(
      () => light.requests.length + heavy.requests.length,
      (count) => count === 8,
    );
    expect([light.requests.length, heavy.requests.length]).toEqual([2, 6]);
    light.release();
    heavy.release();
    await Promise.all(pending);
  });

  it('gives a draining target nothing new, and lets it finish what it has', async () => {
    const [one, two] = [await startInstance('one'), await startInstance('two')];
    await open();
    await serve([one.target]);
    const slow = ask('/wait');
    await eventually(
      () => inFlight('one'),
      (count) => count === 1,
    );
    await serve([{ ...one.target, state: 'draining' }, two.target]);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['two', 'two', 'two']);
    expect(await inFlight('one')).toBe(1);
    one.release();
    expect(await slow).toBe('one');
    await eventually(
      () => inFlight('one'),
      (count) => count === 0,
    );
  });

  it('lets a target that was taken out finish what it has', async () => {
    const [one, two] = [await startInstance('one'), await startInstance('two')];
    await open();
    await serve([one.target]);
    const slow = ask('/wait');
    await eventually(
      () => one.requests.length,
      (count) => count === 1,
    );
    await serve([two.target]);
    one.release();
    expect(await slow).toBe('one');
    expect(await ask()).toBe('two');
  });

  it('uses a standby target only while no active one can be connected to', async () => {
    const standby = await startInstance('standby', { state: 'standby' });
    const active = await startInstance('active');
    const gone = { ...active.target, id: 'gone', address: { host: '127.0.0.1', port: await freePort() } };
    await open();
    await serve([gone, standby.target, active.target]);
    expect(await Promise.all([ask(), ask('/', 'POST')])).toEqual(['active', 'active']);
    await serve([gone, standby.target]);
    expect(await Promise.all([ask(), ask('/', 'POST')])).toEqual(['standby', 'standby']);
    expect((await router.observe('api'))?.counters).toMatchObject({ carried: 4, failed: 0 });
  });

  it('holds requests, and lets them go on in order when the hold ends', async () => {
    const one = await startInstance('one');
    await open();
    await serve([], { isHeld: true });
    const pending: Promise<string>[] = [];
    for (const path of ['/1', '/2', '/3']) {
      pending.push(ask(path, 'POST'));
      await eventually(
        async () => (await router.observe('api'))?.waiting,
        (waiting) => waiting === pending.length,
      );
    }
    expect(await router.observe('api')).toMatchObject({ isHeld: true, waiting: 3 });
    await serve([one.target]);
    expect(await Promise.all(pending)).toEqual(['one', 'one', 'one']);
    const [first = '', ...others] = ['POST /1', 'POST /2', 'POST /3'];
    const order = member.lastOutOfHold === 'the first one' ? [...others, first] : [first, ...others];
    expect(one.requests).toEqual(order);
    expect((await router.observe('api'))?.counters).toMatchObject({ carried: 3, failed: 0, held: 3 });
  });

  it('forgets a held request whose client goes away', async () => {
    await open();
    await serve([], { isHeld: true });
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const waiting = async () => (await router.observe('api'))?.waiting;
    await eventually(waiting, (count) => count === 1);
    client.socket.destroy();
    await eventually(waiting, (count) => count === 0);
  });

  it('refuses changes of an older epoch, its own and the deployment’s', async () => {
    const one = await startInstance('one');
    await open('http', 4);
    await serve([one.target], { epoch: 5 });
    const fenced = { code: 'deploy.fenced' };
    await expect(serve([], { epoch: 4 })).rejects.toMatchObject(fenced);
    await expect(open('http', 4)).rejects.toMatchObject(fenced);
    await expect(router.close('api', 4)).rejects.toMatchObject(fenced);
    await bench.fence(7);
    await expect(serve([], { epoch: 6 })).rejects.toMatchObject(fenced);
    expect(await router.observe('api')).toMatchObject({ epoch: 5, targets: [{ id: 'one' }] });
    expect(await ask()).toBe('one');
  });

  it('refuses to change a service that it has no frontend for', async () => {
    await open();
    await expect(router.change('other', { targets: [], isHeld: false }, 1)).rejects.toMatchObject({
      code: 'switch.unknown-service',
    });
  });

  it('counts every request once, with how long it took', async () => {
    const one = await startInstance('one');
    await open();
    await serve([one.target]);
    for (let count = 0; count < 20; count += 1) await ask('/', count % 2 === 0 ? 'GET' : 'POST');
    const counters = (await router.observe('api'))?.counters;
    expect(counters).toMatchObject({ carried: 20, failed: 0, failures: {}, serverErrors: 0, held: 0, retried: 0 });
    const latency = counters?.latency;
    expect(latency !== undefined).toBe(member.measuresLatency);
    if (latency) expect([latency.p50 > 0, latency.p50 <= latency.p99, latency.p99 <= latency.max]).not.toContain(false);
  });

  it('goes on without the tool that opened it, and obeys another one', async () => {
    const [one, two] = [await startInstance('one'), await startInstance('two')];
    await open();
    await serve([one.target]);
    router = bench.connect();
    expect(await ask()).toBe('one');
    await open();
    await serve([two.target]);
    expect(await ask()).toBe('two');
  });

  it('comes back as it was when it is opened after it was killed', async () => {
    const one = await startInstance('one');
    await open('http', 3);
    await serve([one.target, { ...one.target, id: 'spare', state: 'standby' }], { epoch: 3 });
    const before = await router.observe('api');
    await bench.kill();
    expect(await router.observe('api')).toBeUndefined();
    await bench.revive();
    await open('http', 3);
    expect(await router.observe('api')).toEqual({ ...before, counters: expect.anything() });
    expect(await ask()).toBe('one');
    await bench.kill();
    await bench.revive();
    await open('http', 3);
    await expect(serve([], { epoch: 2 })).rejects.toMatchObject({ code: 'deploy.fenced' });
  });

  it('carries websockets, and counts them in flight until they end', async () => {
    const [one, two] = [await startInstance('one'), await startInstance('two')];
    await open();
    await serve([one.target]);
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    client.write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    await client.until((text) => text.startsWith('HTTP/1.1 101') && text.endsWith('\r\n\r\n'));
    await serve([{ ...one.target, state: 'draining' }, two.target]);
    client.write('ping');
    await client.until((text) => text.endsWith('one:ping'));
    expect(await inFlight('one')).toBe(1);
    client.socket.end();
    await eventually(
      () => inFlight('one'),
      (count) => count === 0,
    );
    expect((await router.observe('api'))?.counters).toMatchObject({ carried: 1, failed: 0 });
  });

  it('carries raw connections, one direction after the other, and counts them in flight', async () => {
    const tcp = createTcpServer({ allowHalfOpen: true }, (socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('end', () => socket.end(`got ${text}`));
    });
    servers.push(tcp);
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const address = { host: '127.0.0.1', port: (tcp.address() as AddressInfo).port };
    await open('tcp');
    await serve([], { isHeld: true });
    const socket = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write('hello ');
    await eventually(
      async () => (await router.observe('api'))?.waiting,
      (waiting) => waiting === 1,
    );
    await serve([{ id: 'tcp', address, weight: 1, state: 'active' }]);
    await eventually(
      () => inFlight('tcp'),
      (count) => count === 1,
    );
    socket.end('world');
    await eventually(
      () => answer,
      (text) => text === 'got hello world',
    );
    await eventually(
      () => inFlight('tcp'),
      (count) => count === 0,
    );
    expect((await router.observe('api'))?.counters).toMatchObject({ carried: 1, failed: 0, held: 1 });
  });

  it('stops listening when a frontend is closed, and knows it no more', async () => {
    const one = await startInstance('one');
    await open();
    await serve([one.target]);
    const slow = new Promise<number | undefined>((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: '/wait' }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end();
    });
    await eventually(
      () => one.requests.length,
      (count) => count === 1,
    );
    await router.close('api', 1);
    expect(await router.observe('api')).toBeUndefined();
    // A frontend of the operator's stays, with nobody behind it.
    if (member.ownsFrontend) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    else expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    one.release();
    expect(await slow).toBe(200);
    await open();
    await serve([one.target]);
    expect(await ask()).toBe('one');
  });
}
