import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from './eventually.ts';

export interface RedisServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** A Redis with a password: the real one where it is installed, else a small server that speaks AUTH and PING as it does. */
export async function startRedis(password: string): Promise<RedisServer> {
  const program = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'redis-server'))
    .find(isExecutable);
  return program ? startRealRedis(program, password) : startSmallRedis(password);
}

async function startRealRedis(program: string, password: string): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-redis-'));
  const spare = createServer().listen(0, '127.0.0.1');
  await once(spare, 'listening');
  const port = portOf(spare);
  spare.close();
  const server = spawn(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', password, '--save', ''],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let output = '';
  server.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await eventually(
    () => output,
    (text) => text.includes('Ready to accept connections'),
  );
  return {
    port,
    async stop() {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startSmallRedis(password: string): Promise<RedisServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let isKnown = false;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const parts = chunk.toString().split('\r\n');
      if (parts[2] === 'AUTH') isKnown = parts[4] === password;
      const answer = parts[2] === 'AUTH' ? '+OK' : '+PONG';
      const refusal = parts[2] === 'AUTH' ? '-WRONGPASS no such user or password' : '-NOAUTH Authentication required.';
      socket.write(`${isKnown ? answer : refusal}\r\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The server does not listen on a port');
  return address.port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
