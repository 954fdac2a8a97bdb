import type { Socket } from 'node:net';

/** Passes bytes both ways until both directions have ended. An end of one direction leaves the other open; a loss of one side ends both. */
export function joinSockets(a: Socket, b: Socket): void {
  a.pipe(b);
  b.pipe(a);
  follow(a, b);
  follow(b, a);
}

function follow(socket: Socket, other: Socket): void {
  socket.on('error', () => {
    // The close event that comes next knows about it.
  });
  socket.once('close', (hadError) => {
    if (hadError) other.resetAndDestroy();
    else other.destroySoon();
  });
}
