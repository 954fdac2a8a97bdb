import type { Socket } from 'node:net';
import type { Traffic } from './traffic.ts';

/**
 * Gives a connection to a target up that is not made within the limit. One that the system has made in time counts, even when this
 * process is too busy to have noticed it.
 */
export function limitConnect(socket: Socket, traffic: Traffic): void {
  let isOver = false;
  traffic.connecting += 1;
  const timer = setTimeout(() => {
    setImmediate(() => {
      if (!isOver) socket.destroy(new Error('The target was not connected in time'));
    });
  }, traffic.limits.connectMs);
  const end = () => {
    if (isOver) return;
    isOver = true;
    traffic.connecting -= 1;
    clearTimeout(timer);
  };
  socket.once('connect', end);
  socket.once('close', end);
}
