import { connect, type Socket } from 'node:net';

/** A client that writes and reads bytes, for what a well-behaved HTTP client would not do. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly received: string;
  write(text: string): void;
  /** Resolves with everything received once that holds. */
  until(holds: (received: string) => boolean): Promise<string>;
  /** Resolves with everything received once the other side has ended or broken the connection. */
  closed(): Promise<{ readonly received: string; readonly wasReset: boolean }>;
}

const LIMIT_MS = 10_000;

export async function connectRaw(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let received = '';
  let wasReset = false;
  const checks = new Set<() => void>();
  const notify = () => {
    for (const check of checks) check();
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    notify();
  });
  socket.on('error', () => {
    wasReset = true;
  });
  socket.on('close', notify);
  const wait = (holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Not so in time; received: ${received.slice(-500)}`)), LIMIT_MS);
      const check = () => {
        if (!holds()) return;
        clearTimeout(timer);
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    get received() {
      return received;
    },
    write: (text) => void socket.write(text, 'latin1'),
    until: (holds) => wait(() => holds(received)).then(() => received),
    closed: () => wait(() => socket.closed).then(() => ({ received, wasReset })),
  };
}
