import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Exchange } from './exchange.ts';
import { parseFraming } from './headers.ts';
import type { Traffic } from './traffic.ts';

/** The HTTP/1.1 server of a frontend. It does not listen yet. */
export function createHttpServer(traffic: Traffic): Server {
  const { limits } = traffic;
  const server = createServer({
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headMs,
    requestTimeout: 0,
    keepAliveTimeout: limits.clientIdleMs,
    keepAlive: true,
    noDelay: true,
  });
  server.maxHeadersCount = 0;
  const known = new WeakSet<Socket>();
  server.on('connection', (socket: Socket) => {
    if (known.has(socket)) return;
    known.add(socket);
    traffic.connections += 1;
    // Pipelined requests each listen for the connection's end.
    socket.setMaxListeners(0);
    socket.once('close', () => {
      traffic.connections -= 1;
    });
  });
  const answer = (request: IncomingMessage, response: ServerResponse) => startExchange(traffic, { request, response });
  server.on('request', answer);
  server.on('checkContinue', answer);
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
    startUpgrade(traffic, { server, request, socket, head }),
  );
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return server;
}

function startExchange(
  traffic: Traffic,
  message: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly upgrade?: string },
): void {
  const parsed = parseFraming(message.request);
  if ('refuse' in parsed) {
    message.response.writeHead(parsed.refuse, { connection: 'close', 'content-length': 0 });
    message.response.end();
    return;
  }
  void new Exchange(traffic, { ...message, framing: parsed.framing }).run();
}

/**
 * A client that offers another protocol. Websockets and the like go through. HTTP/2 without TLS, which some clients offer with
 * every first request, is not taken up, and neither is any offer with a body: such a request is answered in HTTP/1.1.
 */
function startUpgrade(
  traffic: Traffic,
  offer: { readonly server: Server; readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer },
): void {
  const { server, request, socket, head } = offer;
  const protocol = request.headers.upgrade ?? '';
  const parsed = parseFraming(request);
  if (/\bh2c\b/i.test(protocol) || !('framing' in parsed) || parsed.framing !== 'none') {
    socket.unshift(Buffer.concat([Buffer.from(renderWithoutUpgrade(request), 'latin1'), head]));
    server.emit('connection', socket);
    return;
  }
  socket.on('error', () => socket.destroy());
  if (head.length > 0) socket.unshift(head);
  // Starts reading, so that the end of the connection is noticed while the request waits.
  socket.read(0);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  startExchange(traffic, { request, response, upgrade: protocol });
}

function renderWithoutUpgrade(request: IncomingMessage): string {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const raw = request.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase();
    if (name !== 'upgrade' && name !== 'connection' && name !== 'http2-settings') {
      lines.push(`${raw[index]}: ${raw[index + 1]}`);
    }
  }
  return [...lines, '', ''].join('\r\n');
}
