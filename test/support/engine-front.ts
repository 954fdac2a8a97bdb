/** The machine's engine at a socket of its own, for DOCKER_HOST: it goes away once, or keeps one request waiting. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface EngineFront {
  readonly host: string;
  close(): Promise<void>;
}

export interface LeavingEngine extends EngineFront {
  hasLeft(): boolean;
}

export interface HoldingEngine extends EngineFront {
  /** Requests that matched, the one that is held among them. */
  count(): number;
  letGo(): void;
}

const ENGINE = '/var/run/docker.sock';
const AWAY_MS = 500;

/**
 * Once, when a request comes that matches, it is not heard: all connections end, nobody listens for a while, and then the engine is there again,
 * as after a restart.
 */
export async function startEngineThatLeaves(when: RegExp): Promise<LeavingEngine> {
  let hasLeft = false;
  let back: NodeJS.Timeout | undefined;
  const front = await startFront(({ piece, pass, server, leave }) => {
    if (hasLeft || !when.test(piece.toString())) return pass();
    hasLeft = true;
    void leave();
    back = setTimeout(() => server.listen(front.path), AWAY_MS);
  });
  return {
    host: front.host,
    hasLeft: () => hasLeft,
    async close() {
      clearTimeout(back);
      await front.close();
    },
  };
}

/** The first request that matches reaches the engine only when it is let go, and never when whoever has sent it has ended. */
export async function startEngineThatHolds(when: RegExp): Promise<HoldingEngine> {
  let count = 0;
  let letGo = () => {};
  let held: { readonly client: Socket; readonly pieces: (() => void)[] } | undefined;
  const front = await startFront(({ piece, client, pass }) => {
    // Its body may be in pieces of their own.
    if (held?.client === client) return void held.pieces.push(pass);
    if (!when.test(piece.toString())) return pass();
    count += 1;
    if (count > 1) return pass();
    const pieces = [pass];
    held = { client, pieces };
    letGo = () => {
      held = undefined;
      if (!client.readableEnded && !client.destroyed) for (const each of pieces) each();
    };
  });
  return { host: front.host, count: () => count, letGo: () => letGo(), close: front.close };
}

interface Heard {
  readonly piece: Buffer;
  readonly client: Socket;
  readonly server: Server;
  pass(): void;
  leave(): Promise<unknown>;
}

async function startFront(hear: (heard: Heard) => void): Promise<EngineFront & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-engine-'));
  const path = join(folder, 'docker.sock');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const engine = connect(ENGINE);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      // One that is cut off has no more to say.
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (piece: Buffer) => hear({ piece, client, server, leave, pass: () => void engine.write(piece) }));
    client.on('end', () => engine.end());
    engine.pipe(client);
  });
  const leave = () => {
    const left = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    return left;
  };
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    ...{ path, host: `unix://${path}` },
    async close() {
      await leave();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
