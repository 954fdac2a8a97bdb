import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createSystem, type EmbeddedPostgres, resolveConnectionTarget, type Session } from '../../src/system/index.ts';
import { freePort } from './free-port.ts';
import { packFolder } from './tar.ts';

const ONWARD = resolve(import.meta.dirname, '../../dist/onward.js');
const SERVICE = resolve(import.meta.dirname, 'tiny-service.mjs');
export const SERVICES = ['api', 'web', 'worker', 'cron'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a release's service does; see tiny-service.mjs. */
export interface Behaviour {
  readonly startMs?: number;
  readonly neverReady?: boolean;
  readonly why?: string;
  /** Counted from its first answer that it is ready. */
  readonly diesAfterMs?: number;
  readonly failing?: boolean;
  readonly ignoresSigterm?: boolean;
  /** A variable of its environment that it writes into its output, and into its answers while it is not ready. */
  readonly tells?: string;
  /** Anything, to make other bytes. */
  readonly mark?: string;
}

export interface CommandResult {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandResult>;
  kill(signal: NodeJS.Signals): void;
}

/** A product of four small services, its release source, a database and one deployment of it, driven through the built command. */
export interface TestDeployment {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly ports: { readonly api: number; readonly web: number };
  readonly stateDirectory: string;
  /** Publishes a release and points `stable` to it. Services not named behave as before and so are carried. */
  publish(version: string, options?: PublishOptions): Promise<void>;
  onward(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  start(args: readonly string[], environment?: NodeJS.ProcessEnv): RunningCommand;
  /** Another folder with the same onward.yaml but no state: a second operator on another machine. */
  secondOperator(): Promise<string>;
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** What all runs have said so far, as JSON lines, the newest run last. */
  events(): Promise<string>;
  writeDeployment(change: (text: string) => string): Promise<void>;
  remove(): Promise<void>;
}

export interface PublishOptions {
  readonly behaviour?: Partial<Record<ServiceName, Behaviour>>;
  /** Text by path below migrations/core/<version>/. */
  readonly migrations?: { readonly [path: string]: string };
  /** Text of releases.d/<version>.yaml. */
  readonly details?: string;
}

const PRODUCT = `
product: tiny
upgrades: { skipMinor: true, skipMajor: true }
databases: { core: { services: [api] } }
migrations: ./migrations
releases: ./releases.d
services:
  api: { database: core, artifact: ./dist/api, command: [node, main.mjs], ready: { http: /ready } }
  web: { artifact: ./dist/web, command: [node, main.mjs], after: [api], ready: { http: /ready } }
  worker: { artifact: ./dist/worker, command: [node, main.mjs], after: [api], roll: overlap, ready: { http: /ready } }
  cron: { artifact: ./dist/cron, command: [node, main.mjs], roll: stop-first, ready: { http: /ready } }
`;

const FIRST_MIGRATIONS = { 'expand/001_create.sql': 'create table item (id bigint primary key, name text);\n' };

export async function createDeployment(
  server: EmbeddedPostgres,
  name: string,
  options: {
    /** Ships a tarball, not a folder. */
    readonly tarball?: ServiceName;
  } = {},
): Promise<TestDeployment> {
  const { tarball } = options;
  const folder = await mkdtemp(join(tmpdir(), `onward-${name}-`));
  const database = `tiny_${name.replaceAll('-', '_')}_${Math.floor(Math.random() * 1e9)}`;
  const admin = await connect(`${server.url}/postgres`);
  await admin.query(`create database "${database}"`);
  await admin.close();
  const databaseUrl = `${server.url}/${database}`;
  const ports = { api: await freePort(), web: await freePort() };
  const vendor = join(folder, 'vendor');
  const operator = join(folder, 'operator');
  await mkdir(join(vendor, 'releases.d'), { recursive: true });
  await mkdir(operator, { recursive: true });
  const product = PRODUCT.replace(`artifact: ./dist/${tarball},`, `tarball: "./dist/${tarball}-$\{version}.tar.gz",`);
  await writeFile(join(vendor, 'product.yaml'), product);
  await writeFile(join(operator, 'onward.yaml'), renderDeployment(folder, databaseUrl, ports));
  for (const service of SERVICES) await writeService(vendor, service, {});

  const start = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    runOnward(args, { cwd: operator, environment });
  const onward = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) => start(args, environment).ended;
  const expectDone = async (args: readonly string[]) => {
    const result = await onward(args);
    if (result.exit !== 0) throw new Error(`onward ${args.join(' ')} ended with ${result.exit}:\n${result.stderr}`);
  };
  return {
    folder,
    databaseUrl,
    ports,
    stateDirectory: join(operator, '.onward'),
    start,
    onward,
    async publish(version, options = {}) {
      for (const [service, behaviour] of Object.entries(options.behaviour ?? {}))
        await writeService(vendor, service, behaviour);
      if (tarball !== undefined)
        await packFolder(join(vendor, 'dist', tarball), join(vendor, 'dist', `${tarball}-${version}.tar.gz`));
      const isFirst = version === '1.0.0';
      for (const [path, text] of Object.entries({ ...(isFirst ? FIRST_MIGRATIONS : {}), ...options.migrations })) {
        const file = join(vendor, 'migrations/core', version, path);
        await mkdir(join(file, '..'), { recursive: true });
        await writeFile(file, text);
      }
      if (options.details !== undefined)
        await writeFile(join(vendor, 'releases.d', `${version}.yaml`), options.details);
      const source = join(folder, 'releases');
      await expectDone(['release', 'build', version, '--product', join(vendor, 'product.yaml'), '--to', source]);
      await expectDone(['channel', 'set', 'stable', version, '--source', source]);
    },
    async secondOperator() {
      const second = join(folder, 'second');
      await mkdir(second, { recursive: true });
      await cp(join(operator, 'onward.yaml'), join(second, 'onward.yaml'));
      return second;
    },
    async query(sql) {
      const session = await connect(databaseUrl);
      try {
        return (await session.query(sql)).rows;
      } finally {
        await session.close();
      }
    },
    async events() {
      const runs = join(operator, '.onward', 'runs');
      const texts = (await readdir(runs))
        .sort()
        .map((run) => readFile(join(runs, run, 'events.jsonl'), 'utf8').catch(() => ''));
      return (await Promise.all(texts)).join('');
    },
    async writeDeployment(change) {
      const file = join(operator, 'onward.yaml');
      await writeFile(file, change(await readFile(file, 'utf8')));
    },
    async remove() {
      const result = await onward(['down', '--yes']);
      if (result.exit !== 0) throw new Error(`The deployment could not be taken down:\n${result.stderr}`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function renderDeployment(folder: string, databaseUrl: string, ports: TestDeployment['ports']): string {
  return `
deployment: tiny
releases: { source: ${join(folder, 'releases')} }
databases: { core: { url: "${databaseUrl}" } }
lease: { ttl: 6s }
services:
  api: { runtime: process, replicas: 2, switch: { builtin: { listen: "127.0.0.1:${ports.api}" } }, readyTimeout: 10s, drain: 3s, settle: 150ms }
  web: { runtime: process, switch: { builtin: { listen: "127.0.0.1:${ports.web}" } }, readyTimeout: 4s, drain: 3s, settle: 150ms }
  worker: { runtime: process, readyTimeout: 10s, settle: 150ms }
  cron: { runtime: process, readyTimeout: 10s, settle: 150ms }
checks:
  - { name: front, http: { url: "http://127.0.0.1:${ports.web}/", expect: { status: 200 } } }
  - { name: items, sql: { database: core, query: select count(*) from item, unchanged: true } }
`;
}

async function writeService(vendor: string, service: string, behaviour: Behaviour): Promise<void> {
  const artifact = join(vendor, 'dist', service);
  await mkdir(artifact, { recursive: true });
  await cp(SERVICE, join(artifact, 'main.mjs'));
  await writeFile(join(artifact, 'behaviour.json'), JSON.stringify({ service, ...behaviour }));
}

/** Starts the built command; its stdin is no terminal. */
export function runOnward(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly environment?: NodeJS.ProcessEnv;
    /** What the command line begins with. */
    readonly within?: readonly string[];
    /** Another build of the command than the one in dist/. */
    readonly tool?: string;
  },
): RunningCommand {
  const [program = '', ...rest] = [...(options.within ?? []), process.execPath, options.tool ?? ONWARD, ...args];
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([exit, signal]) => ({
    exit: exit as number | null,
    signal: signal as NodeJS.Signals | null,
    ...output,
  }));
  return { pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) };
}

async function connect(url: string): Promise<Session> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  return system.postgres.connect(await resolveConnectionTarget({ url, origin: 'test', environment: {} }), {
    applicationName: 'test',
  });
}
