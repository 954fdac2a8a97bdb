import { once } from 'node:events';
import { createServer } from 'node:net';

/** Different ports of the loopback address that nobody listens on now. @param {number} count */
export async function choosePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  for (const server of servers) server.close();
  return ports;
}
