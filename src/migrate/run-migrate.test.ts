import { createHash } from 'node:crypto';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import { createSystem, type System } from '../system/index.ts';
import { runMigrate, runMigrateStatus } from './run-migrate.ts';
import { failure, startTestServer, type TestDatabase, type TestServer, writeMigrations } from './test-support.ts';

const PASSWORD = 'correct horse:battery\\staple';
const FILES = {
  '0001_a.up.sql': 'create table a (id int);',
  '0002_b.up.sql': '-- shop:phase contract\nalter table a drop column id;',
  '0003_c.up.sql': 'create table c ();',
};

let servers: TestServer;
let folder: string;
const folders: string[] = [];
beforeAll(async () => {
  servers = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'onward-secrets-'));
  const admin = await (await servers.createDatabase()).connect();
  await admin.query(`create role owner superuser login password '${PASSWORD}'`);
  await enableTls(servers.server.directory);
  const hba = ['hostssl all owner all scram-sha-256', 'host all owner all reject', 'host all all all trust', ''];
  await writeFile(join(servers.server.directory, 'data', 'pg_hba.conf'), hba.join('\n'));
  await admin.query('alter system set ssl = on');
  await admin.query('select pg_reload_conf()');
});
afterEach(() => {
  delete process.env.PGPASSFILE;
});
afterAll(async () => {
  await servers.close();
  await Promise.all([...folders, folder].map((path) => rm(path, { recursive: true, force: true })));
});

const TLS = resolve(import.meta.dirname, '../../test/support/tls');

/** A certificate for localhost, signed by a root of our own, where the server looks for it. */
async function enableTls(directory: string): Promise<void> {
  const { uid, gid } = await stat(join(directory, 'data'));
  for (const name of ['server.crt', 'server.key']) {
    const path = join(directory, 'data', name);
    await writeFile(path, await readFile(join(TLS, name)));
    await chmod(path, 0o600);
    await chown(path, uid, gid);
  }
}

async function secret(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function write(files: { readonly [path: string]: string }): Promise<string> {
  const path = await writeMigrations(files);
  folders.push(path);
  return path;
}

function systemWith(environment: System['environment'] = {}): System {
  return createSystem({ environment, onEvent: () => {} });
}

function urlAs(user: string, database: TestDatabase, query = ''): string {
  return `postgres://${user}@localhost:${servers.server.port}/${database.name}${query}`;
}

describe('runMigrate()', () => {
  it('applies flat files up to a contract change, and that only when it is asked for', async () => {
    const database = await servers.createDatabase();
    const options = { url: database.url, migrations: await write(FILES) };
    const paths = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path);
    const dry = await runMigrate(systemWith(), { ...options, dryRun: true });
    expect([paths(dry.planned), dry.applied]).toEqual([['0001_a.up.sql'], []]);
    const first = await runMigrate(systemWith(), options);
    expect(first.database).toBe('main');
    expect(paths(first.applied.map(({ file }) => file))).toEqual(['0001_a.up.sql']);
    expect(paths(first.left)).toEqual(['0002_b.up.sql', '0003_c.up.sql']);
    const second = await runMigrate(systemWith(), { ...options, phase: 'contract' });
    expect(paths(second.applied.map(({ file }) => file))).toEqual(['0002_b.up.sql', '0003_c.up.sql']);
    expect(await runMigrate(systemWith(), options)).toMatchObject({ applied: [], left: [] });
    const status = await runMigrateStatus(systemWith(), options);
    expect([paths(status.applied), status.pending, status.drift]).toEqual([Object.keys(FILES), [], []]);
  });

  it('applies one phase of versioned files, up to a version', async () => {
    const database = await servers.createDatabase();
    const migrations = await write({
      '1.0.0/expand/001_a.sql': 'create table a ();',
      '1.0.0/postdeploy/001_b.sql': 'create table b ();',
      '1.1.0/expand/001_c.sql': 'create table c ();',
    });
    await runMigrate(systemWith(), { url: database.url, migrations, to: '1.0.0' });
    expect(await database.ledger()).toEqual(['1.0.0/expand/001_a.sql']);
    await runMigrate(systemWith(), { url: database.url, migrations, phase: 'postdeploy' });
    expect(await database.ledger()).toEqual(['1.0.0/expand/001_a.sql', '1.0.0/postdeploy/001_b.sql']);
  });

  it('asks which database is meant when the folder holds several', async () => {
    const database = await servers.createDatabase();
    const migrations = await write({
      'core/1.0.0/expand/001_a.sql': 'create table a ();',
      'audit/1.0.0/expand/001_b.sql': 'create table b ();',
    });
    const error = await failure<OnwardError>(runMigrate(systemWith(), { url: database.url, migrations }));
    expect(error.detail).toContain('migrations of several databases: audit, core');
    await runMigrate(systemWith(), { url: database.url, migrations, database: 'audit' });
    expect(await database.ledger()).toEqual(['audit/1.0.0/expand/001_b.sql']);
  });

  it('reports every problem of the files before it applies any', async () => {
    const database = await servers.createDatabase();
    const migrations = await write({ ...FILES, '0004_d.sql': 'selec 1;', '0005_e.sql': 'select 1;\n\\restrict x' });
    const error = await failure<OnwardError>(runMigrate(systemWith(), { url: database.url, migrations }));
    expect(error).toMatchObject({ code: 'migrate.unusable-files', state: 'unchanged', exit: 2 });
    expect(error.detail).toBe(
      [
        '0004_d.sql:1:1: syntax error at or near "selec"',
        '    > 1 | selec 1;',
        '        | ^',
        '0005_e.sql:2:1: \\restrict is a command of psql, not SQL',
        '      1 | select 1;',
        '    > 2 | \\restrict x',
        '        | ^',
      ].join('\n'),
    );
    const session = await database.connect();
    expect((await session.query(`select to_regclass('onward.ledger') as ledger`)).rows).toEqual([{ ledger: null }]);
  });

  it('does not parse again what is applied', async () => {
    const database = await servers.createDatabase();
    const migrations = await write({ '0001_a.sql': 'create table a ();' });
    await runMigrate(systemWith(), { url: database.url, migrations });
    const text = 'no parser would take this';
    await writeFile(join(migrations, '0001_a.sql'), text);
    const session = await database.connect();
    const checksum = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    await session.query(`update onward.migration set checksum = '${checksum}'`);
    const report = await runMigrate(systemWith(), { url: database.url, migrations });
    expect([report.applied, report.alreadyApplied.length]).toEqual([[], 1]);
  });
});

describe('the connection of runMigrate()', () => {
  it.each([
    ['--password-file', async () => ({ passwordFile: await secret('password', `${PASSWORD}\n`) }), {}],
    ['PGPASSWORD_FILE', async () => ({}), async () => ({ PGPASSWORD_FILE: await secret('password', PASSWORD) })],
    ['PGPASSWORD', async () => ({}), { PGPASSWORD: PASSWORD }],
    [
      'PGPASSFILE',
      async () => {
        const escaped = PASSWORD.replace(/[:\\]/g, (character) => `\\${character}`);
        process.env.PGPASSFILE = await secret('pgpass', `localhost:*:*:owner:${escaped}\n`);
        return {};
      },
      {},
    ],
  ])('takes the password from %s', async (_name, options, environment) => {
    const database = await servers.createDatabase();
    const given = typeof environment === 'function' ? await environment() : environment;
    await runMigrate(systemWith(given), {
      url: urlAs('owner', database, '?sslmode=require'),
      migrations: await write(FILES),
      ...(await options()),
    });
    expect(await database.ledger()).toEqual(['0001_a.up.sql']);
  });

  it('reads the rest of the target from the variables of libpq', async () => {
    const database = await servers.createDatabase();
    const environment = {
      PGHOST: 'localhost',
      PGPORT: String(servers.server.port),
      PGUSER: 'owner',
      PGDATABASE: database.name,
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: join(TLS, 'root.crt'),
      PGPASSWORD_FILE: await secret('password', PASSWORD),
    };
    await runMigrate(systemWith(environment), { migrations: await write(FILES) });
    expect(await database.ledger()).toEqual(['0001_a.up.sql']);
  });

  it('says that the password is wrong, without showing it', async () => {
    const database = await servers.createDatabase();
    const environment = { PGPASSWORD: 'not-the-password' };
    const error = await failure<OnwardError>(
      runMigrate(systemWith(environment), {
        url: urlAs('owner', database, '?sslmode=require'),
        migrations: await write(FILES),
      }),
    );
    expect(error.message).toContain('password authentication failed for user "owner"');
    expect(`${error.message}${error.hint}${error.detail}`).not.toContain('not-the-password');
  });

  it.each([
    ['prefer', 'localhost', '', true],
    ['allow', 'localhost', '', true],
    ['require', 'localhost', '', true],
    ['verify-ca', '127.0.0.1', 'root.crt', true],
    ['verify-full', 'localhost', 'root.crt', true],
    ['verify-full', '127.0.0.1', 'root.crt', false],
    ['verify-ca', 'localhost', '', false],
    ['disable', 'localhost', '', false],
  ])('with sslmode=%s to %s and root certificate "%s": %s', async (mode, host, root, isAccepted) => {
    const database = await servers.createDatabase();
    const rootPart = root === '' ? '' : `&sslrootcert=${join(TLS, root)}`;
    const url = urlAs('owner', database, `?sslmode=${mode}${rootPart}`).replace('localhost', host);
    const running = runMigrate(systemWith({ PGPASSWORD: PASSWORD }), { url, migrations: await write(FILES) });
    if (isAccepted) {
      expect((await running).applied).toHaveLength(1);
    } else {
      expect(await failure<OnwardError>(running)).toMatchObject({ code: 'postgres.unreachable', state: 'unchanged' });
    }
  });
});
