import type { Socket } from 'node:net';

/**
 * Gives a connection up that is not made within `ms`. One that the system has made in time counts, even when this process is too busy
 * to have noticed it.
 */
export function limitConnect(socket: Socket, ms: number): void {
  const timer = setTimeout(() => {
    setImmediate(() => {
      if (socket.connecting) socket.destroy(new Error('The target was not connected in time'));
    });
  }, ms);
  const clear = () => clearTimeout(timer);
  socket.once('connect', clear);
  socket.once('close', clear);
}
