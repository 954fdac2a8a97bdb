import type { IncomingMessage } from 'node:http';
import type { Listen } from '../../../model/index.ts';

/** Headers that are about one connection, not about the message; they are never passed on. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that a `Connection` header cannot take away: a message without them would be another message. */
const PROTECTED: ReadonlySet<string> = new Set(['content-length', 'host', 'expect', 'cookie', 'authorization']);

/** Methods for which a missing length does not mean a missing body to every target. */
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

export type BodyFraming = 'none' | 'length' | 'chunked';

/** How a request's body is framed, or why the request must be refused: what two parsers could read in two ways goes no further. */
export function parseFraming(
  request: IncomingMessage,
): { readonly framing: BodyFraming } | { readonly refuse: 400 | 501 } {
  const { headers, headersDistinct } = request;
  const codings = headers['transfer-encoding'];
  if ((headersDistinct.host?.length ?? 0) > 1) return { refuse: 400 };
  if (codings === undefined) {
    const length = headers['content-length'];
    return { framing: length === undefined || Number(length) === 0 ? 'none' : 'length' };
  }
  if (headers['content-length'] !== undefined || request.httpVersion === '1.0') return { refuse: 400 };
  return codings.trim().toLowerCase() === 'chunked' ? { framing: 'chunked' } : { refuse: 501 };
}

/** The headers of a request as the target at `to` gets them, as a flat list of names and values. */
export function buildRequestHeaders(request: IncomingMessage, framing: BodyFraming, to: Listen): string[] {
  const dropped = connectionHeaders(request.headers.connection);
  const forwarded = request.headers['x-forwarded-for'];
  const address = request.socket.remoteAddress ?? 'unknown';
  const kept = filterHeaders(request.rawHeaders, (name) => dropped.has(name) || name === 'x-forwarded-for');
  // Only a client of HTTP/1.0 may leave it out.
  if (request.headers.host === undefined) kept.push('Host', describeAddress(to));
  kept.push('X-Forwarded-For', forwarded === undefined ? address : `${joinValues(forwarded)}, ${address}`);
  if (request.headers['x-forwarded-proto'] === undefined) kept.push('X-Forwarded-Proto', 'http');
  if (request.headers['x-forwarded-host'] === undefined && request.headers.host !== undefined) {
    kept.push('X-Forwarded-Host', request.headers.host);
  }
  if (request.headersDistinct.te?.some((value) => /\btrailers\b/i.test(value))) kept.push('TE', 'trailers');
  if (framing === 'chunked') {
    kept.push('Transfer-Encoding', 'chunked');
    if (request.headers.trailer !== undefined) kept.push('Trailer', request.headers.trailer);
  } else if (framing === 'none' && request.headers['content-length'] === undefined) {
    if (METHODS_WITH_BODY.has(request.method ?? '')) kept.push('Content-Length', '0');
  }
  return kept;
}

/** The headers of an answer as the client gets them, as a flat list of names and values. */
export function buildResponseHeaders(
  incoming: IncomingMessage,
  options: { readonly closes: boolean; readonly mayHaveTrailers: boolean },
): string[] {
  const dropped = connectionHeaders(incoming.headers.connection);
  const kept = filterHeaders(incoming.rawHeaders, (name) => dropped.has(name));
  const { trailer } = incoming.headers;
  if (trailer !== undefined && options.mayHaveTrailers) kept.push('Transfer-Encoding', 'chunked', 'Trailer', trailer);
  if (options.closes) kept.push('Connection', 'close');
  return kept;
}

/** Trailers as pairs. */
export function pairHeaders(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return pairs;
}

function connectionHeaders(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return HOP_BY_HOP;
  const named = connection.split(',').map((name) => name.trim().toLowerCase());
  return new Set([...HOP_BY_HOP, ...named.filter((name) => !PROTECTED.has(name))]);
}

function filterHeaders(raw: readonly string[], isDropped: (lowerName: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!isDropped(name.toLowerCase())) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

function describeAddress({ host, port }: Listen): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function joinValues(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}
