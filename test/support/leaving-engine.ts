import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LeavingEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  hasLeft(): boolean;
  close(): Promise<void>;
}

const ENGINE = '/var/run/docker.sock';
const AWAY_MS = 500;

/**
 * The machine's engine at a socket of its own. Once, when a request comes that matches, it is not heard: all connections end, nobody listens for
 * a while, and then the engine is there again, as after a restart.
 */
export async function startEngineThatLeaves(when: RegExp): Promise<LeavingEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-engine-'));
  const path = join(folder, 'docker.sock');
  const sockets = new Set<Socket>();
  let hasLeft = false;
  let back: NodeJS.Timeout | undefined;
  const server = createServer((client) => {
    const engine = connect(ENGINE);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      // One that is cut off has no more to say.
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (piece: Buffer) => {
      if (hasLeft || !when.test(piece.toString())) return void engine.write(piece);
      hasLeft = true;
      void leave();
      back = setTimeout(() => server.listen(path), AWAY_MS);
    });
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
    host: `unix://${path}`,
    hasLeft: () => hasLeft,
    async close() {
      clearTimeout(back);
      await leave();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
