import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { type ComposeDeployment, createComposeDeployment } from '../support/compose-deployment.ts';
import { docker } from '../support/docker.ts';
import { eventually } from '../support/eventually.ts';

const ENVIRONMENT = { DATABASE_URL: '' };

let server: EmbeddedPostgres;
let tiny: ComposeDeployment;
let session: Session;

/** The one-shot is behind a profile, and names the image of the first release: an upgrade runs it in the new one. */
const COMPOSE = (images: { readonly [service in 'api' | 'worker' | 'migrate']: string }) => `
services:
  migrate: { image: "${images.migrate}", command: [node, -e, "console.log('migrated')"] }
  api: { image: "${images.api}", restart: unless-stopped, expose: ["8080"] }
  worker: { image: "${images.worker}", restart: always, expose: ["8080"] }
  db-setup:
    image: ${images.api}
    profiles: [setup]
    network_mode: host
    volumes: ["./program:/program:ro"]
    environment: { DATABASE_URL: "\${DATABASE_URL}" }
    command: [node, /program/migrate.mjs, "7", --where]
`;

const SERVICES = (port: number) => `
  migrate: { runtime: compose, roll: one-shot, readyTimeout: 20s }
  api: { runtime: compose, switch: { builtin: { listen: "127.0.0.1:${port}" } }, readyTimeout: 20s, grace: 1s, settle: 0s }
  worker: { runtime: compose, readyTimeout: 20s, grace: 1s, settle: 0s }
`;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createComposeDeployment(server, 'commands', { compose: COMPOSE, services: SERVICES });
  const [, url = ''] = /core: \{ url: "([^"]+)"/.exec(await readFile(join(tiny.operator, 'onward.yaml'), 'utf8')) ?? [];
  ENVIRONMENT.DATABASE_URL = url;
  await tiny.write('.env', (text) => `${text}DATABASE_URL=${url}\n`);
  await mkdir(join(tiny.operator, 'program'));
  await bundleProgram('test/support/migrate-program.ts', join(tiny.operator, 'program'), 'migrate');
  const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
  session = await createSystem({ environment: {}, onEvent: () => {} }).postgres.connect(target, {
    applicationName: 'test',
  });
  await tiny.publish('1.0.0');
  const provisioned = await tiny.onward(['provision', '--yes']);
  expect(provisioned.exit, provisioned.stderr).toBe(0);
});
afterAll(async () => {
  await session?.close();
  await tiny?.remove();
  await server?.remove();
});

async function declare(check: string): Promise<void> {
  const file = join(tiny.folder, 'vendor/product.yaml');
  const [before = ''] = (await readFile(file, 'utf8')).split('migrationCommands:');
  const command = `{ name: schema, service: api, composeService: db-setup, phase: expand, check: ${check} }`;
  await writeFile(file, `${before}migrationCommands:\n  - ${command}\n`);
}

/** What the command said, in each of its runs. */
async function said(): Promise<readonly string[]> {
  const runs = join(tiny.stateDirectory, 'runs');
  const logs = (await readdir(runs, { recursive: true })).filter((path) => path.endsWith('.log')).sort();
  return Promise.all(logs.map((path) => readFile(join(runs, path), 'utf8')));
}

const attempts = async () => (await session.query('select from attempt')).rows.length;

/** Containers of the one-shot, stopped ones included. */
async function oneShots(): Promise<readonly string[]> {
  const filters = [`label=com.docker.compose.project=${tiny.project}`, 'label=com.docker.compose.service=db-setup'];
  const ids = await docker(['ps', '--all', '--quiet', ...filters.flatMap((filter) => ['--filter', filter])]);
  return ids === '' ? [] : ids.split('\n');
}

describe('a migration command that is a one-shot of compose.yaml', () => {
  it('runs in the image of the new release, with what compose.yaml gives to it, and leaves no container', async () => {
    await declare('{ sql: { database: core, query: select max(version) from schema_migrations, expect: 7 } }');
    await tiny.publish('1.1.0', { api: { mark: '1.1.0' } });
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await said()).toEqual([expect.stringContaining('in the image of 1.1.0\nschema is at 7\n')]);
    expect(await oneShots()).toEqual([]);
  });

  it('is asked for its state in the same place, ended when its Onward is killed, and run again', async () => {
    await declare(
      '{ command: { argv: [node, /program/migrate.mjs, status, "7"], expect: { stdoutIncludes: up to date } } }',
    );
    await tiny.publish('1.2.0');
    await session.query('delete from schema_migrations; delete from attempt; insert into gate values (0)');
    await session.query('begin; select from gate for update');
    const running = tiny.start(['upgrade', '--yes']);
    await eventually(attempts, (count) => count === 1, 30_000);
    const [first] = await oneShots();
    running.kill('SIGKILL');
    await running.ended;
    const again = tiny.start(['upgrade', '--yes']);
    await eventually(oneShots, (ids) => ids.length > 0 && first !== undefined && !ids.includes(first), 60_000);
    await session.query('commit');
    const { exit, stderr } = await again.ended;
    expect(exit, stderr).toBe(0);
    expect((await said()).at(-1)).toContain('in the image of 1.1.0\nschema is at 7\n');
    expect([await attempts(), await oneShots()]).toEqual([2, []]);
  });
});

describe('onward status and doctor of services in Compose', () => {
  it('show containers and the engine, and what an upgrade would change', async () => {
    await tiny.publish('1.3.0', { worker: { mark: '1.3.0' } });
    const { stdout, exit } = await tiny.onward(['status']);
    expect(exit, stdout).toBe(0);
    expect(stdout).toMatch(/^ {2}\S+ +running +0 +\S+ \S+ UTC +[0-9a-f]{12} +container \S+-api-\S+$/m);
    expect(stdout).toMatch(/^ {2}migrate +done by 1\.0\.0$/m);
    expect(stdout).toMatch(/^ {2}place +disk free +memory free +clock$/m);
    expect(stdout).toMatch(/^ {2}docker +[\d.]+ [GT]iB +[\d.]+ [GM]iB .*Docker \S+ at /m);
    expect(stdout).toMatch(/1\.3\.0 is there: it rolls worker and carries (migrate, api|api, migrate)\./);
    const doctor = await tiny.onward(['doctor', '--json']);
    const errors = doctor.stdout.split('\n').filter((line) => line.includes('"severity":"error"'));
    expect(errors).toEqual([]);
  });

  it('say that nothing can be told while the engine does not answer', async () => {
    const away = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const { stdout, exit } = await tiny.onward(['status'], away);
    expect(stdout).toMatch(/^ {2}api +cannot be told/m);
    expect(stdout).toMatch(/^ {2}docker +cannot be reached: /m);
    expect(exit).toBe(1);
    const doctor = await tiny.onward(['doctor'], away);
    expect(doctor.stdout).toMatch(/docker cannot be reached: .*\/nowhere\/docker\.sock/);
    expect(doctor.stdout).toContain('the Docker engine does not answer');
    expect(doctor.exit).toBe(1);
  });
});
