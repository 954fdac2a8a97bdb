import http from 'node:http';

const TIMEOUT_MS = 30_000;

/**
 * Two clients of the two kinds that an upgrade treats differently: one makes a new connection for every request, the other
 * one keeps its connections and uses them in turn. Neither ever sends a request again.
 */
export function createClients() {
  // Shorter than any server keeps an idle connection, so that the two never close and use one at the same moment.
  const reusing = new http.Agent({ keepAlive: true, scheduling: 'fifo', timeout: 2_000 });
  return {
    agents: [
      { name: 'new connection', agent: /** @type {const} */ (false) },
      { name: 'reused connection', agent: reusing },
    ],
    close: () => reusing.destroy(),
  };
}

/**
 * Sends one request and resolves with its whole answer; rejects when there is none.
 *
 * @param {URL} url
 * @param {{ method: string, body?: string, agent: http.Agent | false }} options
 * @returns {Promise<{ status: number, body: string, release: string }>}
 */
export function send(url, { method, body, agent }) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const fail = (error) =>
      reject(signal.aborted ? new Error(`no answer within ${TIMEOUT_MS / 1_000} s`, { cause: error }) : error);
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request(url, { method, agent, signal, headers });
    request.once('error', fail);
    request.once('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', fail);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          release: String(response.headers['x-release'] ?? 'unknown'),
        }),
      );
    });
    request.end(body);
  });
}
