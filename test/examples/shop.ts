import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { buildShop } from '../../examples/shop/build.mjs';
import { loadSqlParser, startEmbeddedPostgres } from '../../src/system/index.ts';

/** The example shop for tests: its releases built once, databases with the schema of a release, and its services as processes. */
export interface Shop {
  readonly folder: string;
  /** A new database with the migrations up to a release; `phases` tells which of the last release's are applied. */
  createDatabase(version: string, phases?: readonly string[]): Promise<ShopDatabase>;
  startService(service: string, version: string, environment: Environment): Promise<ShopService>;
  /** Stops every process it started and the server, and removes their files. */
  remove(): Promise<void>;
}

export interface ShopDatabase {
  readonly url: string;
  readonly client: pg.Client;
  migrate(version: string, phases?: readonly string[]): Promise<void>;
}

export interface ShopService {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves with the exit code after SIGTERM, or the name of the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
  readonly ended: Promise<number | string>;
}

type Environment = Readonly<Record<string, string>>;

const RELEASES = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.3.1', '1.4.0'];
const UPGRADED = ['expand', 'postdeploy'];

export async function startShop(): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  for (const version of RELEASES) await buildShop(version, join(folder, version));
  const server = await startEmbeddedPostgres({ isDurable: false });
  const admin = await connect(`${server.url}/postgres`);
  const clients = [admin];
  const services: ShopService[] = [];
  let databases = 0;
  return {
    folder,
    async createDatabase(version, phases = UPGRADED) {
      databases += 1;
      await admin.query(`create database shop${databases}`);
      const url = `${server.url}/shop${databases}`;
      const client = await connect(url);
      clients.push(client);
      const migrate = (to: string, wanted: readonly string[] = UPGRADED) => migrateTo(client, folder, { to, wanted });
      for (const earlier of RELEASES.slice(0, RELEASES.indexOf(version))) await migrate(earlier);
      await migrate(version, phases);
      return { url, client, migrate };
    },
    async startService(service, version, environment) {
      const started = await startProcess(join(folder, version, 'dist', service), version, environment);
      services.push(started);
      return started;
    },
    async remove() {
      await Promise.all(services.map((service) => service.stop('SIGKILL')));
      await Promise.all(clients.map((client) => client.end()));
      await server.remove();
      await rm(folder, { recursive: true });
    },
  };
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Applies the migrations of one release, statement by statement, in the order of phases and numbers. */
async function migrateTo(
  client: pg.Client,
  folder: string,
  { to, wanted }: { readonly to: string; readonly wanted: readonly string[] },
): Promise<void> {
  const parser = await loadSqlParser();
  const migrations = join(folder, to, 'migrations', 'core', `v${to}`);
  const phases = await readdir(migrations);
  for (const phase of wanted.filter((name) => phases.includes(name))) {
    for (const file of (await readdir(join(migrations, phase))).sort()) {
      const text = await readFile(join(migrations, phase, file), 'utf8');
      for (const statement of parser.split(text, file)) await client.query(statement.text);
    }
  }
}

async function startProcess(artifact: string, release: string, environment: Environment): Promise<ShopService> {
  const port = await freePort();
  const child = spawn(process.execPath, ['main.mjs'], {
    cwd: artifact,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1', ONWARD_RELEASE: release, ...environment },
  });
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | string);
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    ended,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Asks again until there is an answer other than `undefined` or `false`; fails after ten seconds with what it waited for. */
export async function waitFor<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
  }
  throw new Error(`Waited for ten seconds for ${what}`);
}

/** What a service says of itself, once it says it with this status. */
export function waitForReadiness(service: ShopService, status = 200): Promise<Record<string, unknown>> {
  return waitFor(`GET /ready to answer ${status}`, async () => {
    const response = await fetch(`${service.url}/ready`);
    return response.status === status && ((await response.json()) as Record<string, unknown>);
  });
}
