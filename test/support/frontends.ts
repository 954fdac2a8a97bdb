import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net';
import { LIMITS, type Limits } from '../../src/deploy/switches/builtin/limits.ts';
import {
  applyChange,
  createLiveFrontend,
  type LiveFrontend,
  listenOn,
} from '../../src/deploy/switches/builtin/live-frontend.ts';
import { createTraffic } from '../../src/deploy/switches/builtin/traffic.ts';
import type { SwitchTarget } from '../../src/deploy/switches/switch.ts';
import { createClock } from '../../src/system/index.ts';

/** Servers of one test file, all closed by `close`. */
export interface TestServers {
  /** A frontend of the builtin switch in this process, on a free port. */
  frontend(options?: { readonly mode?: 'http' | 'tcp'; readonly limits?: Partial<Limits> }): Promise<{
    readonly live: LiveFrontend;
    readonly port: number;
    serve(...ports: number[]): void;
  }>;
  http(listener: RequestListener): Promise<{ readonly server: Server; readonly port: number }>;
  tcp(listener: (socket: Socket) => void): Promise<{ readonly server: NetServer; readonly port: number }>;
  close(): Promise<void>;
}

export function targetAt(port: number, more: Partial<SwitchTarget> = {}): SwitchTarget {
  return { id: `t${port}`, address: { host: '127.0.0.1', port }, weight: 1, state: 'active', ...more };
}

export function createTestServers(): TestServers {
  const servers: NetServer[] = [];
  const sockets = new Set<Socket>();
  const watch = <T extends NetServer>(server: T): T => {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    });
    return server;
  };
  const listen = async <T extends NetServer>(server: T): Promise<{ readonly server: T; readonly port: number }> => {
    watch(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, port: (server.address() as AddressInfo).port };
  };
  return {
    async frontend({ mode = 'http', limits = {} } = {}) {
      const traffic = createTraffic({ clock: createClock(), limits: { ...LIMITS, ...limits } });
      const live = createLiveFrontend({ service: 'api', mode, listen: { host: '127.0.0.1', port: 0 } }, traffic);
      watch(live.server);
      await listenOn(live);
      const { port } = live.server.address() as AddressInfo;
      const serve = (...ports: number[]) =>
        applyChange(live, { targets: ports.map((each) => targetAt(each)), isHeld: false });
      return { live, port, serve };
    },
    http: (listener) => listen(createServer(listener)),
    tcp: (listener) => listen(createTcpServer({ allowHalfOpen: true }, listener)),
    async close() {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}
