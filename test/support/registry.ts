/**
 * `startRegistry({ needsLogin?, settings? })`: a registry on a loopback port, which engines take without TLS. `push` puts an image of the machine's engine
 * into it. `startRegistryFront(host)`: stands before it, and refuses or says nothing when told.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from './docker.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

export interface Registry {
  /** As in `127.0.0.1:15055`: what the names of its images begin with. */
  readonly host: string;
  /** For DOCKER_CONFIG: a folder with the login where one is needed, else with nothing. */
  readonly configFolder: string;
  /**
   * Pushes an image of the machine's engine as `<host>/<name>`, `name` being as in `shop/api:1.0.0`, and returns its digest. The engine keeps
   * the image under its first name alone, so that a pull is one.
   */
  push(reference: string, name: string): Promise<string>;
  close(): Promise<void>;
}

/** The login of a registry that needs one. */
export const REGISTRY_LOGIN = { user: 'onward', password: 'only-for-tests' };
/** Of that password; bcrypt is all that the registry takes. */
const HTPASSWD = 'onward:$2y$05$Q6nYk1oVZz4sB7cXo0aJ9OpnLqmS7Wa6lL7F9nMw/bZRW/7PkY7HC\n';

export interface RegistryOptions {
  readonly needsLogin?: boolean;
  /** Of its configuration: another `auth`, and what is added to `http`, such as `tls`. */
  readonly settings?: { readonly auth?: object; readonly http?: object };
}

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const configFolder = join(folder, 'client');
  await mkdir(configFolder);
  if (options.needsLogin) await writeLogin(folder, configFolder, host);
  const settings = join(folder, 'settings.json');
  await writeFile(settings, JSON.stringify(renderSettings(folder, host, options)));
  const server = spawn('docker-registry', ['serve', settings], { stdio: 'ignore' });
  await once(server, 'spawn');
  const ended = once(server, 'exit');
  await eventually(() => answers(`http://${host}/v2/`), Boolean, 30_000);
  return {
    host,
    configFolder,
    push: (reference, name) => push(reference, `${host}/${name}`, configFolder),
    async close() {
      server.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a front does with requests: gives them to the registry, refuses all, refuses layers only, or never answers. */
export type FrontBehaviour = 'passes' | 'refuses' | 'refuses-layers' | 'hangs';

export interface RegistryFront {
  /** Its own, for the names of images. */
  readonly host: string;
  behave(how: FrontBehaviour): void;
  close(): void;
}

/** A front of a registry that answers with 403, or not at all, as it is told. It passes everything on at first. */
export async function startRegistryFront(registry: string): Promise<RegistryFront> {
  let how: FrontBehaviour = 'passes';
  const server = createServer((incoming, response) => {
    const isLayer = incoming.url?.includes('/blobs/') === true;
    if (how === 'hangs') return;
    if (how === 'refuses' || (how === 'refuses-layers' && isLayer)) {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ errors: [{ code: 'DENIED', message: 'requested access to the resource is denied' }] }),
      );
      return;
    }
    forward(registry, incoming, response);
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${port}`,
    behave(next) {
      how = next;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forward(registry: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  // With the name that the client used, so that the registry's own addresses lead through the front again.
  const outgoing = request(`http://${registry}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}

function renderSettings(folder: string, host: string, { needsLogin, settings }: RegistryOptions): object {
  const login = { htpasswd: { realm: 'onward', path: join(folder, 'htpasswd') } };
  return {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: host, ...settings?.http },
    ...(settings?.auth ? { auth: settings.auth } : {}),
    ...(needsLogin ? { auth: login } : {}),
  };
}

async function writeLogin(folder: string, configFolder: string, host: string): Promise<void> {
  await writeFile(join(folder, 'htpasswd'), HTPASSWD);
  const auth = Buffer.from(`${REGISTRY_LOGIN.user}:${REGISTRY_LOGIN.password}`).toString('base64');
  await writeFile(join(configFolder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 });
}

async function push(reference: string, target: string, configFolder: string): Promise<string> {
  await docker(['tag', reference, target]);
  try {
    const said = await docker(['push', target], { environment: { DOCKER_CONFIG: configFolder } });
    const [, digest] = / digest: (sha256:[0-9a-f]{64}) /.exec(said) ?? [];
    if (digest === undefined) throw new Error(`No digest in what docker push said: ${said}`);
    return digest;
  } finally {
    await docker(['image', 'rm', target]);
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
