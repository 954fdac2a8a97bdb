import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, resolveConnectionTarget, type Session } from '../../src/system/index.ts';
import { createProject, docker, PROJECT_LABEL, removeProject } from '../support/docker.ts';
import { eventually } from '../support/eventually.ts';
import { busyboxImage, nodeImage, postgresImage } from '../support/images.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PASSWORD = 'only-for-this-test';
const WRONG_PASSWORD = 'nobody-has-this-one';
const project = createProject('one-shot');
let folder: string;
let environment: NodeJS.ProcessEnv;

/** What is different here: the images that the machine has, which have no pg_isready, and a port to look at the database by. */
const OVERRIDE = `
services:
  db:
    ports: ["127.0.0.1::5432"]
    healthcheck: { test: "nc -w 1 127.0.0.1 5432 < /dev/null", interval: 200ms, retries: 300 }
  api:
    command: [sleep, "600"]
    stop_grace_period: 0s
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-one-shot-'));
  const onward = `${project}/onward:0.1.0`;
  const [node, postgres, busybox] = await Promise.all([nodeImage(), postgresImage(), busyboxImage()]);
  await buildOnward(onward, node);
  const images = { ONWARD_IMAGE: onward, POSTGRES_IMAGE: postgres, API_IMAGE: busybox };
  environment = {
    ...process.env,
    ...images,
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_FILE: 'compose.yaml:override.yaml',
  };
  await cp(join(ROOT, 'packaging/compose.yaml'), join(folder, 'compose.yaml'));
  await writeFile(join(folder, 'override.yaml'), OVERRIDE);
  await writeMigration('001_create', 'create table item (id bigint primary key, name text);\n');
  await writePassword(PASSWORD);
});
afterAll(async () => {
  await removeProject(project);
  await rm(folder, { recursive: true, force: true });
});

/** As packaging/Dockerfile says, from the package as it would be published. */
async function buildOnward(tag: string, base: string): Promise<void> {
  const context = join(folder, 'context');
  await cp(join(ROOT, 'packaging/Dockerfile'), join(context, 'Dockerfile'));
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', context];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT });
  const build = ['build', '--quiet', '--tag', tag, '--label', `${PROJECT_LABEL}=${project}`];
  await docker([...build, '--build-arg', `BASE=${base}`, '--build-arg', `PACKAGE=${stdout.trim()}`, context]);
}

async function writeMigration(name: string, text: string): Promise<void> {
  const path = join(folder, 'migrations/shop/1.0.0/expand');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, `${name}.sql`), text);
}

async function writePassword(password: string): Promise<void> {
  const secrets = join(folder, 'secrets');
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  await rm(join(secrets, 'db_password'), { force: true });
  await writeFile(join(secrets, 'db_password'), `${password}\n`);
  await chmod(join(secrets, 'db_password'), 0o444);
}

function compose(...args: readonly string[]): Promise<{ readonly exit: unknown; readonly said: string }> {
  return new Promise((done) => {
    const options = { cwd: folder, env: environment, timeout: 60_000 };
    execFile('docker', ['compose', '--ansi', 'never', ...args], options, (error, stdout, stderr) =>
      done({ exit: error?.code ?? 0, said: `${stdout}${stderr}` }),
    );
  });
}

const migrate = (...args: readonly string[]) => compose('run', '--rm', '--no-TTY', '--no-deps', ...args);

async function inspect(service: string, format: string): Promise<string> {
  return docker(['inspect', '--format', format, `${project}-${service}-1`]);
}

async function query(sql: string): Promise<readonly Record<string, unknown>[]> {
  const session = await connect();
  try {
    return (await session.query(sql)).rows;
  } finally {
    await session.close();
  }
}

async function connect(): Promise<Session> {
  const url = `postgres://shop@${(await compose('port', 'db', '5432')).said.trim()}/shop`;
  const target = await resolveConnectionTarget({ url, password: PASSWORD, origin: 'the test', environment: {} });
  const system = createSystem({ environment: {}, onEvent: () => {} });
  return system.postgres.connect(target, { applicationName: 'onward-test' });
}

const LEDGER = 'select name, finished_at::text from onward.migration order by name';

describe('Onward as a one-shot in Compose', () => {
  it('migrates once the database is healthy, and the service starts after it has ended with 0', async () => {
    const up = await compose('up', '--detach');
    expect(up, (await compose('logs', 'db-migrate')).said).toMatchObject({ exit: 0 });
    expect(await query('select count(*)::int as items from item')).toEqual([{ items: 0 }]);
    const finished = await inspect('db-migrate', '{{.State.ExitCode}} {{.State.FinishedAt}}');
    const started = await inspect('api', '{{.State.Running}} {{.State.StartedAt}}');
    expect([finished.split(' ')[0], started.split(' ')[0]]).toEqual(['0', 'true']);
    expect((started.split(' ')[1] ?? '') > (finished.split(' ')[1] ?? '')).toBe(true);
  });

  it('changes nothing when it runs again, and applies what has come since', async () => {
    const before = await query(LEDGER);
    const api = await inspect('api', '{{.Id}} {{.State.StartedAt}}');
    expect(await compose('up', '--detach')).toMatchObject({ exit: 0 });
    expect(await query(LEDGER)).toEqual(before);
    await writeMigration('002_note', 'alter table item add column note text;\n');
    expect(await compose('up', '--detach')).toMatchObject({ exit: 0 });
    expect(await query(LEDGER)).toEqual([...before, { name: 'note', finished_at: expect.any(String) }]);
    expect(await inspect('api', '{{.Id}} {{.State.StartedAt}}')).toBe(api);
  });

  it('ends with an error that Compose sees when a migration is refused, and touches no service', async () => {
    const api = await inspect('api', '{{.Id}} {{.State.StartedAt}}');
    await writeMigration('003_wrong', 'alter table nothing add column note text;\n');
    const up = await compose('up', '--detach');
    expect(up).toEqual({
      exit: 1,
      said: expect.stringContaining(`service "db-migrate" didn't complete successfully: exit 1`),
    });
    expect((await compose('logs', '--no-color', '--no-log-prefix', 'db-migrate')).said).toContain(
      '"nothing" does not exist',
    );
    expect(await inspect('api', '{{.Id}} {{.State.StartedAt}}')).toBe(api);
    await rm(join(folder, 'migrations/shop/1.0.0/expand/003_wrong.sql'));
  });

  it('stops when it is told to while it waits for its moment, and goes on where it was', async () => {
    await writeMigration('003_waits', 'alter table item add column waits text;\n');
    const reader = await connect();
    await reader.query('begin');
    await reader.query('select * from item');
    expect(await compose('up', '--detach', '--no-deps', 'db-migrate')).toMatchObject({ exit: 0 });
    // It looks again and again whether the reader is still in the way.
    const seen = () => query("select query from pg_stat_activity where application_name like 'onward migrate%'");
    await eventually(seen, (sessions) => sessions.length > 0);
    await compose('stop', '--timeout', '20', 'db-migrate');
    expect(await inspect('db-migrate', '{{.State.ExitCode}}')).toBe('5');
    await reader.query('rollback');
    await reader.close();
    expect(await compose('up', '--detach')).toMatchObject({ exit: 0 });
    expect(
      await query("select column_name::text from information_schema.columns where column_name = 'waits'"),
    ).toHaveLength(1);
  });

  it('ends with an error at a wrong password, and writes it nowhere', async () => {
    await writePassword(WRONG_PASSWORD);
    const { exit, said } = await migrate('db-migrate');
    expect({ exit, said }).toEqual({ exit: 1, said: expect.stringContaining('password authentication failed') });
    expect((await compose('up', '--detach')).exit).toBe(1);
    const written = [said, (await compose('logs')).said, await docker(['inspect', `${project}-db-migrate-1`])];
    for (const text of written) expect(text.includes(WRONG_PASSWORD) || text.includes(PASSWORD)).toBe(false);
    await writePassword(PASSWORD);
  });

  it('says which variable is missing where its user has no name', async () => {
    const { exit, said } = await migrate('--user', '4711', '--env', 'PGUSER=', 'db-migrate');
    expect({ exit, said }).toEqual({ exit: 2, said: expect.stringContaining('it names no user') });
  });

  it('compares the files with the ledger', async () => {
    const { exit, said } = await migrate('db-migrate', 'migrate', 'status');
    expect({ exit, said }).toEqual({ exit: 0, said: 'shop: 3 applied, 0 pending, 0 edited or missing.\n' });
  });

  it('is described in the docs as it stands in packaging/', async () => {
    const [page, file] = await Promise.all(
      ['docs/one-shot.md', 'packaging/compose.yaml'].map((path) => readFile(join(ROOT, path), 'utf8')),
    );
    const shown = /^ {2}db-migrate:\n(?: {4}.*\n)+/m.exec(page ?? '')?.[0];
    const real = /^ {2}db-migrate:\n(?: {4}.*\n)+/m.exec(file ?? '')?.[0].replace(/\$\{\w+:-([^}]*)\}/, '$1');
    expect(shown).toBe(real);
  });
});
