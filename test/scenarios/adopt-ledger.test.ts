import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../../src/migrate/index.ts';
import {
  startTestServer,
  type TestDatabase,
  type TestServer,
  until,
  writeMigrations,
} from '../../src/migrate/test-support.ts';
import { createDeployment, runOnward, type TestDeployment } from '../support/deployment.ts';

const FILES = {
  '0001_customer.up.sql': 'create table customer (id bigint primary key, name text not null);\n',
  '0002_note.up.sql': "alter table customer add column note text default '';\n",
  '0003_invoice.up.sql': 'create table invoice (id bigint primary key);\n',
};
const [FIRST, SECOND] = Object.values(FILES);
const LEDGER = `create table schema_migrations (version text primary key, applied_at timestamptz not null default now());
  insert into schema_migrations values ('0001_customer', '2026-03-01 10:00:00+00'), ('0002_note', '2026-03-02 10:00:00.5+00')`;

let test: TestServer;
let migrations: string;
let empty: string;
beforeAll(async () => {
  test = await startTestServer();
  migrations = await writeMigrations(FILES);
  empty = await mkdtemp(join(tmpdir(), 'onward-empty-'));
});
afterAll(async () => {
  await test?.close();
  await Promise.all([migrations, empty].map((folder) => rm(folder, { recursive: true, force: true })));
});

async function createDatabase(...more: readonly string[]): Promise<TestDatabase> {
  const database = await test.createDatabase();
  const session = await database.connect();
  for (const sql of [FIRST ?? '', SECOND ?? '', LEDGER, ...more]) await session.query(sql);
  return database;
}

const start = (database: TestDatabase, ...args: readonly string[]) =>
  runOnward([...args, '--url', database.url, '--migrations', migrations], { cwd: empty });
const onward = (database: TestDatabase, ...args: readonly string[]) => start(database, ...args).ended;

const TABLE = `main: the ledger of Caracal, public.schema_migrations, has 2 migrations.

  applied  0001_customer.up.sql  2026-03-01 10:00:00 UTC  by name
  applied  0002_note.up.sql      2026-03-02 10:00:00 UTC  by name
  pending  0003_invoice.up.sql

warning adopt.by-name: Caracal keeps no checksums: 2 files are taken for applied by name alone
    Add --prove to build the files on a scratch server and compare that with the schema.

2 files to record as applied, 1 left for "onward migrate". No migration is run.
`;

describe('onward adopt ledger', () => {
  it('shows what it would record, and changes nothing', async () => {
    const database = await createDatabase();
    expect(await onward(database, 'adopt', 'ledger', '--dry-run')).toMatchObject({
      exit: 0,
      stdout: TABLE,
      stderr: '',
    });
    const session = await database.connect();
    expect((await session.query(`select to_regnamespace('onward') as found`)).rows).toEqual([{ found: null }]);
  });

  it('refuses to begin where nobody can be asked', async () => {
    const { exit, stdout, stderr } = await onward(await createDatabase(), 'adopt', 'ledger');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe(
      `${TABLE}error upgrade.not-confirmed\nCould not ask whether to start: there is no terminal. Nothing has changed.\n-> Run the same command with --yes.\n`,
    );
  });

  it('records it, after which migrate has nothing pending that was applied, and applies the rest', async () => {
    const database = await createDatabase();
    const done = await onward(database, 'adopt', 'ledger', '--yes');
    expect(done).toMatchObject({ exit: 0, stdout: 'main: 2 files recorded as applied, 0 there already, 1 left.\n' });
    expect((await onward(database, 'migrate', 'status')).stdout).toBe(
      'pending  expand      0003_invoice.up.sql\nmain: 2 applied, 1 pending, 0 edited or missing.\n',
    );
    expect((await onward(database, 'migrate')).stdout).toContain('main: 1 migration applied, 2 there already, 0 left.');
    expect((await onward(database, 'adopt', 'ledger')).stdout).toBe(
      'main: 0 files recorded as applied, 2 there already, 0 left.\n',
    );
  });

  it('says the same as JSON', async () => {
    const database = await createDatabase();
    const { stdout } = await onward(database, 'adopt', 'ledger', '--yes', '--json');
    expect(JSON.parse(stdout)).toEqual({
      database: 'main',
      tool: 'caracal',
      source: 'public.schema_migrations',
      applied: [
        { path: '0001_customer.up.sql', key: '0001_customer', appliedAt: '2026-03-01T10:00:00+00:00', proof: 'name' },
        { path: '0002_note.up.sql', key: '0002_note', appliedAt: '2026-03-02T10:00:00.5+00:00', proof: 'name' },
      ],
      baseline: [],
      inBaseline: [],
      recorded: [],
      pending: ['0003_invoice.up.sql'],
      findings: [expect.objectContaining({ code: 'adopt.by-name', severity: 'warning' })],
      proof: null,
      added: 2,
    });
  });

  it('shows the difference when the schema is not what the files make', async () => {
    const database = await createDatabase(
      'alter table customer alter column note drop default',
      'create index extra on customer (name)',
    );
    const { exit, stderr } = await onward(database, 'adopt', 'ledger', '--prove', '--yes');
    expect(exit).toBe(1);
    expect(
      stderr.slice(stderr.indexOf('Proof:')),
    ).toBe(`Proof: what comes of 2 files on an empty Postgres 15 differs from the schema that is there.

Nothing can be recorded as it is.
error adopt.schema-differs
Could not take over the ledger of database main: its schema is not what the 2 files make of an empty database. Nothing has changed.

  public.customer
    ~ column note: default ''::text -> none
    + index extra: btree (name)

-> Bring the two together (+ only the database has it, - only the files make it), then run the same command again.
`);
  });

  it('leaves nothing when it is killed in the middle, and goes through when it is run again', async () => {
    const database = await createDatabase();
    const guard = await database.connect('guard');
    await createLedger(test.system, guard);
    await guard.query('begin; lock table onward.adopted in access exclusive mode');
    const killed = start(database, 'adopt', 'ledger', '--yes');
    const watcher = await database.connect('watcher');
    await until('the command to wait in the middle of writing', async () => {
      const { rows } = await watcher.query(
        `select from pg_catalog.pg_locks where relation = 'onward.adopted'::regclass and not granted`,
      );
      return rows.length > 0;
    });
    killed.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    await guard.query('rollback');
    expect((await onward(database, 'adopt', 'ledger', '--yes')).stdout).toBe(
      'main: 2 files recorded as applied, 0 there already, 1 left.\n',
    );
    const { rows } = await watcher.query('select distinct run from onward.migration');
    expect(rows).toHaveLength(1);
  });

  it('reads the password from a file, and shows it to nobody', async () => {
    const database = await createDatabase();
    const session = await database.connect();
    await session.query(`create role keeper login superuser password 'zJ7-secret'`);
    const folder = await writeMigrations({ password: 'zJ7-secret\n' });
    const url = database.url.replace('postgres://', 'postgres://keeper@').replace(/keeper@[^@]*@/, 'keeper@');
    const { exit, stdout, stderr } = await runOnward(
      [
        'adopt',
        'ledger',
        '--url',
        url,
        '--migrations',
        migrations,
        '--dry-run',
        '--password-file',
        join(folder, 'password'),
      ],
      { cwd: empty },
    ).ended;
    await rm(folder, { recursive: true });
    expect({ exit, isShown: `${stdout}${stderr}`.includes('zJ7') }).toEqual({ exit: 0, isShown: false });
  });
});

describe('onward adopt ledger in the folder of a deployment', () => {
  let tiny: TestDeployment;
  beforeAll(async () => {
    tiny = await createDeployment(test.server, 'adopt-ledger');
    await tiny.publish('1.0.0');
    await tiny.publish('1.1.0', { migrations: { 'expand/001_note.sql': 'alter table item add column note text;\n' } });
    await tiny.query('create table item (id bigint primary key, name text)');
    await tiny.query(`create table _migrations (version text not null, phase text not null default 'expand', seq int not null, filename text not null,
      checksum text not null, transactional boolean not null default true, applied_at timestamptz not null default now(), primary key (version, phase, seq))`);
    await tiny.query(
      `insert into _migrations (version, seq, filename, checksum) values
         ('v1.0.0', 1, '001_create.sql', encode(sha256(E'create table item (id bigint primary key, name text);\\n'), 'hex'))`,
    );
  });
  afterAll(async () => {
    await tiny?.remove();
  });

  it('compares with the files of the channel, and records them under the lease, fenced', async () => {
    const done = await tiny.onward(['adopt', 'ledger', '--yes', '--prove']);
    expect(done, done.stderr).toMatchObject({
      exit: 0,
      stdout: 'core: 1 file recorded as applied, 0 there already, 1 left.\n',
    });
    const [lease] = await tiny.query("select run, holder, epoch from onward.lease where deployment = 'tiny'");
    expect(lease).toMatchObject({ run: expect.stringMatching(/^adopt-\d{8}-/), holder: '', epoch: '1' });
    expect(await tiny.query('select path, release, origin, epoch, run from onward.migration')).toEqual([
      { path: 'core/1.0.0/expand/001_create.sql', release: '1.0.0', origin: 'frameworks', epoch: '1', run: lease?.run },
    ]);
  });

  it('takes the files of a folder where the release source does not have them, and none of a folder with a problem', async () => {
    const folder = await writeMigrations({ 'core/1.0.0/expand/001_create.sql': 'create tabel item ();\n' });
    const broken = await tiny.onward(['adopt', 'ledger', '-f', '.', '--migrations', folder, '--dry-run']);
    expect(broken.stderr).toContain('error migrate.unusable-files');
    await writeFile(
      join(folder, 'core/1.0.0/expand/001_create.sql'),
      'create table item (id bigint primary key, name text);\n',
    );
    const read = await tiny.onward(['adopt', 'ledger', '-f', '.', '--migrations', folder, '--dry-run']);
    expect(read.stdout).toContain('core/1.0.0/expand/001_create.sql');
    await rm(folder, { recursive: true });
  });

  it('asks for a release that is there', async () => {
    const { exit, stderr } = await tiny.onward(['adopt', 'ledger', '--to', '7.0.0', '--dry-run']);
    expect(exit).toBe(2);
    expect(stderr).toContain('7.0.0');
  });
});
