import { createHash, createPrivateKey, randomBytes, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, removeProject } from '../../../test/support/docker.ts';
import { pushRawImage, pushRawIndex } from '../../../test/support/raw-image.ts';
import { REGISTRY_LOGIN, type Registry, startRegistry } from '../../../test/support/registry.ts';
import { buildServiceImage } from '../../../test/support/service-image.ts';
import { type ImageReference, parseImageReference } from '../../model/index.ts';
import { createSystem, lookUpDigest, lookUpImage, type System } from '../index.ts';

const TLS = join(import.meta.dirname, '../../../test/support/tls');
const LIMIT = { limitMs: 10_000 };
const project = createProject('lookup');
let open: Registry;
let image: string;

beforeAll(async () => {
  open = await startRegistry();
  image = await buildServiceImage({ project, name: 'small', tag: 'any', base: 'busybox' });
});
afterAll(async () => {
  await open?.close();
  await removeProject(project);
});

function systemWith(configFolder: string): System {
  return createSystem({ environment: { DOCKER_CONFIG: configFolder }, onEvent: () => {} });
}

function named(text: string): ImageReference {
  const reference = parseImageReference(text);
  if (!reference) throw new Error(`${text} is no image`);
  return reference;
}

describe('lookUpImage() of a real registry', () => {
  it('finds what docker pushed, by its tag and by its digest', async () => {
    const digest = await open.push(image, 'shop/api:1.0.0');
    const system = systemWith(open.configFolder);
    const found = await lookUpImage(system, named(`${open.host}/shop/api:1.0.0`), LIMIT);
    expect(found).toEqual({ identity: digest, bytes: expect.any(Number), platforms: {} });
    expect(await lookUpImage(system, named(`${open.host}/shop/api@${digest}`), LIMIT)).toEqual(found);
    expect(await lookUpDigest(system, named(`${open.host}/shop/api:1.0.0`), LIMIT)).toBe(digest);
  });

  it('finds an index, and what is fetched for the usual platforms', async () => {
    const place = { host: open.host, repository: 'shop/many' };
    const [small, large, other] = [
      await pushRawImage(place, [10, 20]),
      await pushRawImage(place, [10, 500, 500]),
      await pushRawImage(place, [9_000]),
    ];
    const digest = await pushRawIndex({ ...place, tag: '1' }, [
      { digest: small ?? '', platform: { os: 'linux', architecture: 'amd64' } },
      { digest: large ?? '', platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      { digest: other ?? '', platform: { os: 'windows', architecture: 'amd64' } },
      { digest: other ?? '', platform: { os: 'linux', architecture: 's390x' } },
      { digest: other ?? '', platform: { os: 'unknown', architecture: 'unknown' } },
    ]);
    const expected = { identity: digest, bytes: 510, platforms: { 'linux/amd64': 30, 'linux/arm64': 510 } };
    expect(await lookUpImage(systemWith(open.configFolder), named(`${open.host}/shop/many:1`), LIMIT)).toEqual(
      expected,
    );
  });

  it('finds the images of an index that has other platforms only, by their variants', async () => {
    const place = { host: open.host, repository: 'shop/small' };
    const [six = '', seven = ''] = [await pushRawImage(place, [6]), await pushRawImage(place, [7])];
    await pushRawIndex({ ...place, tag: '1' }, [
      { digest: six, platform: { os: 'linux', architecture: 'arm', variant: 'v6' } },
      { digest: seven, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    ]);
    expect(await lookUpImage(systemWith(open.configFolder), named(`${open.host}/shop/small:1`), LIMIT)).toMatchObject({
      bytes: 7,
      platforms: { 'linux/arm/v6': 6, 'linux/arm/v7': 7 },
    });
  });

  it('says what the registry does not have', async () => {
    const system = systemWith(open.configFolder);
    for (const name of ['shop/api:9.9.9', 'shop/nothing:1.0.0', `shop/api@sha256:${'0'.repeat(64)}`]) {
      const reference = named(`${open.host}/${name}`);
      await expect(lookUpImage(system, reference, LIMIT)).rejects.toMatchObject({ code: 'registry.not-found' });
      await expect(lookUpDigest(system, reference, LIMIT)).rejects.toMatchObject({ code: 'registry.not-found' });
    }
  });
});

describe('lookUpImage() of a registry with a password', () => {
  let closed: Registry;
  beforeAll(async () => {
    closed = await startRegistry({ needsLogin: true });
    await closed.push(image, 'shop/api:1.0.0');
  });
  afterAll(() => closed?.close());

  it('uses what docker login left', async () => {
    const reference = named(`${closed.host}/shop/api:1.0.0`);
    expect(await lookUpImage(systemWith(closed.configFolder), reference, LIMIT)).toMatchObject({ platforms: {} });
  });

  it('says what was tried, and nothing of the password', async () => {
    const reference = named(`${closed.host}/shop/api:1.0.0`);
    await expect(lookUpImage(systemWith(open.configFolder), reference, LIMIT)).rejects.toMatchObject({
      code: 'registry.refused',
      message: expect.stringMatching(/refused with 401, asked without credentials\.$/),
      hint: `Run \`docker login ${closed.host}\`, then run the same command again.`,
    });
    const file = join(open.configFolder, 'config.json');
    const wrong = { username: REGISTRY_LOGIN.user, password: 'wrong-password' };
    await writeFile(file, JSON.stringify({ auths: { [closed.host]: wrong } }));
    const error = await lookUpImage(systemWith(open.configFolder), reference, LIMIT).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining(`refused with 401, asked as onward of ${file}.`) });
    expect(JSON.stringify(error)).not.toContain('wrong-password');
    await writeFile(file, '{}');
  });
});

describe('lookUpImage() of a registry with tokens', () => {
  let closed: Registry;
  let tokens: Server;
  beforeAll(async () => {
    const key = createPrivateKey(await readFile(join(TLS, 'server.key')));
    const certificate = new X509Certificate(await readFile(join(TLS, 'server.crt')));
    const header = { typ: 'JWT', alg: 'RS256', x5c: [certificate.raw.toString('base64')] };
    tokens = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://tokens');
      const [, name, actions = ''] = searchParams.get('scope')?.split(':') ?? [];
      const login = Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
      const isKnown = login === `${REGISTRY_LOGIN.user}:${REGISTRY_LOGIN.password}`;
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: 'onward-tests',
        sub: 'onward',
        aud: searchParams.get('service'),
        exp: now + 300,
        nbf: now - 300,
        iat: now,
        jti: randomBytes(8).toString('hex'),
        access: isKnown ? [{ type: 'repository', name, actions: actions.split(',') }] : [],
      };
      const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      response.end(
        JSON.stringify({ token: `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}` }),
      );
    });
    tokens.listen(0, '127.0.0.1');
    await once(tokens, 'listening');
    const realm = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
    const token = { realm, service: 'onward-tests', issuer: 'onward-tests', rootcertbundle: join(TLS, 'root.crt') };
    closed = await startRegistry({ settings: { auth: { token } } });
    const auth = Buffer.from(`${REGISTRY_LOGIN.user}:${REGISTRY_LOGIN.password}`).toString('base64');
    await writeFile(join(closed.configFolder, 'config.json'), JSON.stringify({ auths: { [closed.host]: { auth } } }));
    await closed.push(image, 'shop/api:1.0.0');
  });
  afterAll(async () => {
    tokens?.closeAllConnections();
    tokens?.close();
    await closed?.close();
  });

  it('gets a token for the repository, and is refused where the token opens nothing', async () => {
    const reference = named(`${closed.host}/shop/api:1.0.0`);
    const found = await lookUpImage(systemWith(closed.configFolder), reference, LIMIT);
    expect(found.identity).toBe(await manifestDigest(open, 'shop/api'));
    await expect(lookUpImage(systemWith(open.configFolder), reference, LIMIT)).rejects.toMatchObject({
      code: 'registry.refused',
      message: expect.stringMatching(/refused with 401, asked without credentials\.$/),
    });
  });
});

describe('lookUpImage() of a registry of this machine that speaks TLS', () => {
  let encrypted: Registry;
  let name: string;
  beforeAll(async () => {
    const tls = { certificate: join(TLS, 'server.crt'), key: join(TLS, 'server.key') };
    encrypted = await startRegistry({ settings: { http: { tls } } });
    await encrypted.push(image, 'shop/api:1.0.0');
    name = encrypted.host.replace('127.0.0.1', 'localhost');
  });
  afterAll(() => encrypted?.close());

  const find = (environment: System['environment']) => {
    const system = createSystem({
      environment: { DOCKER_CONFIG: open.configFolder, ...environment },
      onEvent: () => {},
    });
    return lookUpImage(system, named(`${name}/shop/api:1.0.0`), LIMIT);
  };

  it('does not trust a certificate that nobody vouches for, and says how to name who does', async () => {
    await expect(find({})).rejects.toMatchObject({
      code: 'registry.unreachable',
      hint: `Put the file of its certificate authority into /etc/docker/certs.d/${name}/ca.crt, or name it with SSL_CERT_FILE. Then run the same command again.`,
    });
  });

  it('trusts whom SSL_CERT_FILE names, and whom Docker trusts for this registry alone', async () => {
    const root = join(TLS, 'root.crt');
    expect(await find({ SSL_CERT_FILE: root })).toMatchObject({ platforms: {} });
    const [own, other] = ['own', 'other'].map((folder) => join(encrypted.configFolder, folder));
    for (const [folder, registry] of [[own, name] as const, [other, 'localhost:1'] as const]) {
      const certificates = join(folder ?? '', 'docker/certs.d', registry);
      await mkdir(certificates, { recursive: true });
      await copyFile(root, join(certificates, 'ca.crt'));
    }
    expect(await find({ XDG_CONFIG_HOME: own })).toMatchObject({ platforms: {} });
    await expect(find({ XDG_CONFIG_HOME: other })).rejects.toMatchObject({ code: 'registry.unreachable' });
  });
});

async function manifestDigest({ host }: Registry, repository: string): Promise<string> {
  const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
  const text = await (await fetch(`http://${host}/v2/${repository}/manifests/1.0.0`, { headers })).text();
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
