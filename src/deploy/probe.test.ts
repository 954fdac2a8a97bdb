import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReadyProbe } from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import { probeInstance } from './probe.ts';
import type { Instance } from './runtimes/runtime.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
const digest = `sha256:${'1'.repeat(64)}` as const;
let server: Server | undefined;

afterEach(() => server?.close());

async function listen(kind: ReadyProbe['kind']): Promise<number> {
  const http = () => createHttpServer((request, response) => response.end(request.url));
  server = kind === 'http' ? http() : createServer((socket) => socket.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

function instanceAt(host: string, port: number): Instance {
  return {
    ...{ id: 'api-1', service: 'api', release: '1.0.0', kind: 'service', identity: digest, config: digest },
    ...{ run: 'run-1', state: 'running', restarts: 0, address: { host, port } },
  };
}

describe('probeInstance()', () => {
  // The second is the first as IPv6 writes it, so it is there wherever programs may use IPv6, whatever addresses the machine has.
  it.each(['127.0.0.1', '::ffff:127.0.0.1'])('asks an instance at %s', async (host) => {
    const http = { kind: 'http', path: '/ready' } as const;
    const asked = await probeInstance(system, instanceAt(host, await listen('http')), http);
    expect(asked).toEqual({ isReady: true, evidence: 'GET /ready answered 200' });
    server?.close();
    const port = await listen('tcp');
    const connected = await probeInstance(system, instanceAt(host, port), { kind: 'tcp' });
    expect(connected).toEqual({ isReady: true, evidence: `port ${port} accepts connections` });
  });
});
