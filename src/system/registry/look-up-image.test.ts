import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImageReference, OnwardError, parseImageReference } from '../../model/index.ts';
import { createSystem, lookUpDigest, lookUpImage, type System } from '../index.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const MANIFEST = JSON.stringify({ schemaVersion: 2, layers: [{ digest: 'a', size: 10 }] });
const DIGEST = digestOf(MANIFEST);
const SECRET = 'correct-horse';
const BASIC = `Basic ${Buffer.from(`ci:${SECRET}`).toString('base64')}`;

let folder: string;
let system: System;
let servers: Server[];
beforeEach(async () => {
  servers = [];
  folder = await mkdtemp(join(tmpdir(), 'onward-registry-'));
  const environment = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` };
  system = createSystem({ environment, onEvent: () => {} });
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function listen(answer: Answer): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function imageAt(host: string, rest = 'shop/api:1.0.0'): ImageReference {
  const image = parseImageReference(`${host}/${rest}`);
  if (!image) throw new Error(`${host}/${rest} is no image`);
  return image;
}

/** Answers to everything but the first look at `/v2/` as it is told. */
function registry(answer: Answer): Promise<string> {
  return listen((request, response) => {
    if (request.url === '/v2/') response.end('{}');
    else answer(request, response);
  });
}

const give =
  (status: number, body: string, headers: { readonly [name: string]: string } = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(body);

async function refusal(promise: Promise<unknown>): Promise<{ readonly code: string; readonly what: string }> {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was found', { cause: error });
  expect(`${error.message} ${error.hint} ${JSON.stringify(error)}`).not.toContain(SECRET);
  return { code: error.code, what: error.message.replace(/^Could not look up image \S+: /, '') };
}

async function refusedBy(answer: Answer, limitMs = 5_000): Promise<{ readonly code: string; readonly what: string }> {
  return refusal(lookUpImage(system, imageAt(await registry(answer)), { limitMs }));
}

async function logIn(entries: object): Promise<void> {
  await writeFile(join(folder, 'config.json'), JSON.stringify(entries));
}

describe('lookUpImage()', () => {
  it.each<[string, Answer, string, string | RegExp]>([
    ['a page in place of a manifest', give(200, '<html>'), 'not-a-registry', /does not answer as a registry does/],
    ['a page that is not there', give(404, '<html>'), 'not-a-registry', /it answered with 404/],
    [
      'an error of a registry',
      give(404, '{"errors":[{"code":"NAME_UNKNOWN"}]}'),
      'not-found',
      /no such repository or tag/,
    ],
    ['refuses', give(403, '{"errors":[]}'), 'refused', 'the registry refused with 403, asked without credentials.'],
    ['asks for a login that nobody knows', give(401, ''), 'not-a-registry', /names no login that is known here/],
    ['is busy', give(429, ''), 'busy', 'the registry takes no more requests for now (429).'],
    ['fails', give(502, ''), 'busy', 'the registry failed with 502.'],
    ['is a teapot', give(418, ''), 'not-a-registry', /it answered with 418/],
    ['sends to no address', give(302, '', { location: 'http://[' }), 'not-a-registry', /sends to what is no address/],
    ['sends in a circle', give(302, '', { location: '/v2/x' }), 'not-a-registry', /more than 5 times/],
    [
      'sends away from encryption',
      give(307, '', { location: 'http://x.example/' }),
      'not-a-registry',
      /nothing is encrypted/,
    ],
    ['sends to a file', give(307, '', { location: 'file:///etc/passwd' }), 'not-a-registry', /nothing is encrypted/],
    ['cuts the connection', (request) => request.socket.destroy(), 'unreachable', /cannot be reached \(/],
    [
      'tells another digest than that of what it gives',
      give(200, MANIFEST, { 'docker-content-digest': digestOf('other') }),
      'wrong-manifest',
      /says that its content is sha256:\S+, and it is sha256:/,
    ],
    [
      'gives a manifest of old',
      give(200, '{"schemaVersion":1}', { 'docker-distribution-api-version': 'registry/2.0' }),
      'wrong-manifest',
      /in a form that is not read/,
    ],
    ['gives layers of no size', give(200, '{"schemaVersion":2,"layers":[{}]}'), 'not-a-registry', /something else/],
    [
      'gives an index for no Linux',
      give(200, '{"schemaVersion":2,"manifests":[]}'),
      'wrong-manifest',
      /no image for Linux/,
    ],
  ])('says of a registry that %s what it is', async (_, answer, code, what) => {
    const found = await refusedBy(answer);
    expect(found).toEqual({
      code: `registry.${code}`,
      what: typeof what === 'string' ? what : expect.stringMatching(what),
    });
  });

  it('gives up after the time limit as a whole, whether nothing comes or one byte after the other', async () => {
    const limit = { code: 'registry.timeout', what: 'the registry did not answer within 0.2 s.' };
    expect(await refusedBy(() => {}, 200)).toEqual(limit);
    expect(
      await refusedBy((_, response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      }, 200),
    ).toEqual(limit);
  });

  it('says that nothing listens', async () => {
    expect(await refusal(lookUpImage(system, imageAt('127.0.0.1:1'), { limitMs: 5_000 }))).toEqual({
      code: 'registry.unreachable',
      what: 'the registry cannot be reached (connect ECONNREFUSED 127.0.0.1:1).',
    });
  });

  it('refuses an image whose content is not what its digest says', async () => {
    const host = await registry(give(200, MANIFEST));
    const named = imageAt(host, `shop/api@${digestOf('other')}`);
    expect(await refusal(lookUpImage(system, named, { limitMs: 5_000 }))).toMatchObject({
      code: 'registry.wrong-manifest',
    });
    expect(await lookUpImage(system, imageAt(host, `shop/api@${DIGEST}`), { limitMs: 5_000 })).toMatchObject({
      bytes: 10,
    });
  });

  it('follows to another server, and keeps the login to itself there', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end(MANIFEST);
    });
    const host = await registry((request, response) => {
      seen.push(request.headers.authorization);
      if (request.headers.authorization !== BASIC)
        give(401, '', { 'www-authenticate': 'Basic realm="x"' })(request, response);
      else if (!request.url?.endsWith('here')) give(302, '', { location: `${request.url}/here` })(request, response);
      else give(307, '', { location: `http://${elsewhere}/v2/x` })(request, response);
    });
    await logIn({ auths: { [host]: { auth: BASIC.slice('Basic '.length) } } });
    expect(await lookUpImage(system, imageAt(host), { limitMs: 5_000 })).toMatchObject({ identity: DIGEST });
    expect(seen).toEqual([undefined, BASIC, BASIC, undefined]);
  });

  it('does not answer to a login that another server asks for', async () => {
    const elsewhere = await listen(give(401, '', { 'www-authenticate': 'Basic realm="x"' }));
    const host = await registry((request, response) => {
      if (request.headers.authorization === BASIC)
        give(307, '', { location: `http://${elsewhere}/` })(request, response);
      else give(401, '', { 'www-authenticate': 'Basic realm="x"' })(request, response);
    });
    await logIn({ auths: { [host]: { username: 'ci', password: SECRET } } });
    expect(await refusal(lookUpImage(system, imageAt(host), { limitMs: 5_000 }))).toEqual({
      code: 'registry.refused',
      what: `the registry refused with 401, asked as ci of ${join(folder, 'config.json')}.`,
    });
  });

  it('does not answer to a login that another server asks for before the registry itself has', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await listen((request, response) => {
      seen.push(request.headers.authorization);
      const realm = `http://${request.headers.host}/token`;
      give(401, '', { 'www-authenticate': `Bearer realm="${realm}", Basic realm="x"` })(request, response);
    });
    const host = await registry(give(307, '', { location: `http://${elsewhere}/v2/x` }));
    await logIn({ auths: { [host]: { username: 'ci', password: SECRET } } });
    expect(await refusal(lookUpImage(system, imageAt(host), { limitMs: 5_000 }))).toMatchObject({
      code: 'registry.refused',
    });
    expect(seen).toEqual([undefined]);
  });

  it('sends no login to where nothing is encrypted', async () => {
    const header = 'Bearer realm="http://token.example/token"';
    const found = await refusedBy(give(401, '', { 'www-authenticate': header }));
    expect(found).toEqual({
      code: 'registry.not-a-registry',
      what: expect.stringContaining('it asks for a login at http://token.example, where nothing is encrypted'),
    });
  });
});

/** Asks for a token of this server, with these parameters. */
async function tokenRegistry(token: Answer): Promise<{ readonly host: string; readonly asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const tokens = await listen((request, response) => {
    asked.push(request);
    token(request, response);
  });
  const challenge = `Bearer realm="http://${tokens}/token?a=b",service="s",scope="repository:shop/api:pull"`;
  const host = await registry((request, response) => {
    if (request.headers.authorization === 'Bearer opens') give(200, MANIFEST)(request, response);
    else give(401, '', { 'www-authenticate': challenge })(request, response);
  });
  return { host, asked };
}

describe('lookUpImage() with a token server', () => {
  it('gets a token as nobody, for that repository', async () => {
    const { host, asked } = await tokenRegistry(give(200, '{"token":"opens"}'));
    expect(await lookUpImage(system, imageAt(host), { limitMs: 5_000 })).toMatchObject({ identity: DIGEST });
    expect(asked.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ['GET', '/token?a=b&service=s&scope=repository%3Ashop%2Fapi%3Apull', undefined],
    ]);
  });

  it('exchanges an identity token, in the body of the request', async () => {
    let body = '';
    const { host, asked } = await tokenRegistry((request, response) => {
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => response.end('{"access_token":"opens"}'));
    });
    await logIn({ auths: { [`https://${host}/v1/`]: { auth: 'eDo=', identitytoken: SECRET } } });
    expect(await lookUpImage(system, imageAt(host), { limitMs: 5_000 })).toMatchObject({ identity: DIGEST });
    expect(asked.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ['POST', '/token?a=b', undefined],
    ]);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: SECRET,
      client_id: 'onward',
      service: 's',
      scope: 'repository:shop/api:pull',
    });
    expect(system.redaction.apply(`it is ${SECRET}`)).toBe('it is ***');
  });

  it.each([
    ['nothing', '{}'],
    ['a token that would be another header', '{"token":"a\\r\\nX: y"}'],
  ])('refuses %s in place of a token', async (_, answer) => {
    const { host } = await tokenRegistry(give(200, answer));
    expect(await refusal(lookUpImage(system, imageAt(host), { limitMs: 5_000 }))).toMatchObject({
      what: expect.stringContaining('its login gives no token'),
    });
  });

  it('tells a refused login from a failing one', async () => {
    const { host } = await tokenRegistry(give(403, ''));
    expect(await refusal(lookUpImage(system, imageAt(host), { limitMs: 5_000 }))).toEqual({
      code: 'registry.refused',
      what: 'the registry refused with 403, asked without credentials.',
    });
    const failing = await tokenRegistry(give(500, ''));
    expect(await refusal(lookUpImage(system, imageAt(failing.host), { limitMs: 5_000 }))).toMatchObject({
      code: 'registry.busy',
    });
  });
});

/** A credential helper, as Docker runs one; it notes what it was asked. */
async function addHelper(name: string, script: string): Promise<void> {
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\ncat > "${folder}/$1-asked"\n${script}\n`);
  await chmod(path, 0o700);
}

describe('lookUpImage() with credential helpers', () => {
  const basicRegistry = () =>
    registry((request, response) => {
      if (request.headers.authorization === BASIC) give(200, MANIFEST)(request, response);
      else give(401, '', { 'www-authenticate': 'Basic realm="x"' })(request, response);
    });

  it('asks the helper of the registry, by its name on standard input', async () => {
    const host = await basicRegistry();
    await addHelper('one', `echo '{"ServerURL":"x","Username":"ci","Secret":"${SECRET}"}'`);
    await logIn({ credsStore: 'other', credHelpers: { [host]: 'one' } });
    expect(await lookUpImage(system, imageAt(host), { limitMs: 5_000 })).toMatchObject({ identity: DIGEST });
    expect(await system.files.readText(join(folder, 'get-asked'))).toBe(host);
  });

  it('goes on with what the file has when the helper of all registries has nothing', async () => {
    const host = await basicRegistry();
    await addHelper('all', 'echo "credentials not found in native keychain"; exit 1');
    await logIn({ credsStore: 'all', auths: { [host]: { auth: BASIC.slice('Basic '.length) } } });
    expect(await lookUpImage(system, imageAt(host), { limitMs: 5_000 })).toMatchObject({ identity: DIGEST });
  });

  it.each([
    ['is not there', 'none', 'there is no program docker-credential-none'],
    ['fails', 'one', 'docker-credential-one ended with exit code 3'],
    ['would be another program', '../one', '"../one" is no name of a helper'],
  ])('refuses a helper that %s', async (_, helper, what) => {
    const host = await basicRegistry();
    await addHelper('one', `echo '${SECRET}' >&2; exit 3`);
    await logIn({ credsStore: helper });
    expect(await refusal(lookUpImage(system, imageAt(host), { limitMs: 5_000 }))).toEqual({
      code: 'registry.credentials',
      what: `the credentials for its registry cannot be read: ${what}.`,
    });
  });

  it('gives a helper no more time than there is', async () => {
    const host = await basicRegistry();
    await addHelper('slow', 'sleep 60');
    await logIn({ credsStore: 'slow' });
    expect(await refusal(lookUpImage(system, imageAt(host), { limitMs: 300 }))).toEqual({
      code: 'registry.credentials',
      what: 'the credentials for its registry cannot be read: docker-credential-slow did not answer in time.',
    });
  });

  it('refuses a configuration of Docker that is not JSON, once a login is asked for', async () => {
    await writeFile(join(folder, 'config.json'), '{');
    const open = await registry(give(200, MANIFEST));
    expect(await lookUpImage(system, imageAt(open), { limitMs: 5_000 })).toMatchObject({ identity: DIGEST });
    expect(await refusal(lookUpImage(system, imageAt(await basicRegistry()), { limitMs: 5_000 }))).toMatchObject({
      code: 'registry.credentials',
    });
  });
});

describe('lookUpDigest()', () => {
  it('asks one question, for the head alone', async () => {
    const asked: (string | undefined)[] = [];
    const host = await registry((request, response) => {
      asked.push(request.method);
      give(200, '', { 'docker-content-digest': DIGEST })(request, response);
    });
    expect(await lookUpDigest(system, imageAt(host), { limitMs: 5_000 })).toBe(DIGEST);
    expect(asked).toEqual(['HEAD']);
  });

  it('hashes the manifest itself where the head does not tell', async () => {
    const host = await registry(give(200, MANIFEST));
    expect(await lookUpDigest(system, imageAt(host), { limitMs: 5_000 })).toBe(DIGEST);
  });
});
