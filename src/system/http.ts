import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { reachableSocketPath } from './socket-path.ts';

export interface HttpRequest {
  readonly method?: string;
  readonly url: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  /** Limit for the whole exchange. */
  readonly timeoutMs: number;
  /** PEM of everyone who may vouch for the other side; those that Node trusts unless told. */
  readonly authorities?: readonly string[];
  /** Talks to a unix socket instead of the URL's host. */
  readonly socketPath?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly body: string;
}

export interface Http {
  /** One exchange on a connection of its own. Rejects when there is no whole answer within the limit; the error's `code` then is `ETIMEDOUT`. */
  send(request: HttpRequest): Promise<HttpResponse>;
}

export function createHttp(): Http {
  return { send };
}

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

async function send(request: HttpRequest): Promise<HttpResponse> {
  const socket = request.socketPath === undefined ? undefined : await reachableSocketPath(request.socketPath);
  try {
    return await exchange(request, socket?.path);
  } finally {
    await socket?.release();
  }
}

function exchange(request: HttpRequest, socketPath: string | undefined): Promise<HttpResponse> {
  const url = new URL(request.url);
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start(
      url,
      {
        method: request.method ?? 'GET',
        // Node sends no length of its own accord with methods such as DELETE, and a body without one is not read.
        headers: { connection: 'close', ...describeLength(request.body), ...request.headers },
        agent: false,
        ...(socketPath === undefined ? {} : { socketPath }),
        ...(request.authorities === undefined ? {} : { ca: [...request.authorities] }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > BODY_LIMIT_BYTES) outgoing.destroy(new Error(`The answer is over ${BODY_LIMIT_BYTES} bytes`));
          else chunks.push(chunk);
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    const timer = setTimeout(
      () =>
        outgoing.destroy(Object.assign(new Error(`No answer within ${request.timeoutMs} ms`), { code: 'ETIMEDOUT' })),
      request.timeoutMs,
    );
    outgoing.on('error', reject);
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.end(request.body);
  });
}

function describeLength(body: string | undefined): { readonly [name: string]: string } {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}
