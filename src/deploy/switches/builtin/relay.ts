import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { FailureReason } from './counters.ts';
import { buildResponseHeaders, pairHeaders } from './headers.ts';

const REFUSALS: { readonly [reason in FailureReason]: { readonly status: 502 | 503; readonly text: string } } = {
  'no-target': { status: 503, text: 'The service has no running instance.' },
  connect: { status: 502, text: 'No instance of the service could be connected to.' },
  reset: { status: 502, text: 'The instance closed the connection without an answer.' },
  'cut-off': { status: 502, text: 'The instance broke off its answer.' },
  'bad-answer': { status: 502, text: 'The answer of the instance is no HTTP.' },
  'hold-full': { status: 503, text: 'The service is being changed and too many requests wait for it.' },
  'hold-timeout': { status: 503, text: 'The service is being changed and took too long.' },
  defect: { status: 502, text: 'The request could not be passed on.' },
  'gone-while-waiting': { status: 503, text: 'The service is not ready.' },
};

/** Answers in place of a target. The connection is closed: what is left of the request's body is not read. */
export function writeRefusal(response: ServerResponse, reason: FailureReason): void {
  const { status, text } = REFUSALS[reason];
  const body = `${text}\n`;
  // The status message may still be one of a target's that could not be passed on.
  response.writeHead(status, STATUS_CODES[status] ?? '', {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'retry-after': '1',
    connection: 'close',
  });
  response.end(body);
}

/**
 * Passes an answer on, with back-pressure, until `onEnd` (the target has said everything) or `onCut` (it broke off).
 * False when its head cannot be passed on; nothing was written then.
 */
export function relayAnswer(
  incoming: IncomingMessage,
  message: { readonly request: IncomingMessage; readonly response: ServerResponse },
  options: { readonly closes: boolean; onEnd(): void; onCut(): void },
): boolean {
  const { request, response } = message;
  const status = incoming.statusCode ?? 0;
  const mayHaveTrailers =
    request.httpVersion === '1.1' && request.method !== 'HEAD' && hasBody(status) && isChunked(incoming);
  try {
    const headers = buildResponseHeaders(incoming, { closes: options.closes, mayHaveTrailers });
    response.writeHead(status, incoming.statusMessage ?? '', headers);
  } catch {
    return false;
  }
  let isSilent = true;
  incoming.once('data', () => {
    isSilent = false;
  });
  incoming.once('end', () => {
    isSilent = false;
    if (mayHaveTrailers && incoming.rawTrailers.length > 0) response.addTrailers(pairHeaders(incoming.rawTrailers));
    options.onEnd();
  });
  incoming.on('error', options.onCut);
  incoming.once('close', () => {
    if (!incoming.complete) options.onCut();
  });
  incoming.pipe(response);
  // A head whose body is late (events, long polls) must not wait for it.
  setImmediate(() => {
    if (isSilent && !response.destroyed) response.flushHeaders();
  });
  return true;
}

/** The head of an answer that goes on in another protocol. */
export function renderProtocolSwitch(incoming: IncomingMessage): string {
  const headers = buildResponseHeaders(incoming, { closes: false, mayHaveTrailers: false });
  headers.push('Connection', 'Upgrade', 'Upgrade', incoming.headers.upgrade ?? '');
  const lines = pairHeaders(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 101 ${incoming.statusMessage ?? 'Switching Protocols'}`, ...lines, '', ''].join('\r\n');
}

function isChunked(incoming: IncomingMessage): boolean {
  return incoming.headers['transfer-encoding'] !== undefined;
}

function hasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
