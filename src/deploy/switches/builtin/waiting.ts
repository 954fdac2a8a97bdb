import type { Socket } from 'node:net';

export type WaitEnd = 'called' | 'timeout' | 'gone';

interface Waiter {
  end(how: WaitEnd): void;
}

/** Clients that wait here, first come, first served. One that goes away leaves the queue. */
export interface WaitingRoom {
  readonly size: number;
  /** Bytes that the waiting ones said they keep. */
  readonly bytes: number;
  /** Resolves with how the wait ended. Never rejects. */
  wait(client: Socket, options: { readonly bytes: number; readonly ms: number }): Promise<WaitEnd>;
  /** Lets the first `count` go on. */
  call(count: number): void;
}

export function createWaitingRoom(): WaitingRoom {
  const waiters = new Set<Waiter>();
  let bytes = 0;
  return {
    get size() {
      return waiters.size;
    },
    get bytes() {
      return bytes;
    },
    wait(client, options) {
      if (client.destroyed) return Promise.resolve('gone');
      return new Promise((resolve) => {
        const waiter: Waiter = {
          end(how) {
            if (!waiters.delete(waiter)) return;
            bytes -= options.bytes;
            clearTimeout(timer);
            client.off('close', onGone);
            resolve(how);
          },
        };
        const onGone = () => waiter.end('gone');
        const timer = setTimeout(() => waiter.end('timeout'), options.ms);
        client.once('close', onGone);
        waiters.add(waiter);
        bytes += options.bytes;
      });
    },
    call(count) {
      let left = count;
      for (const waiter of waiters) {
        if (left <= 0) return;
        left -= 1;
        waiter.end('called');
      }
    },
  };
}
