import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { raiseFence } from '../../src/data-migrate/test-support.ts';
import { createLedger } from '../../src/migrate/index.ts';
import { startTestServer, type TestDatabase, type TestServer } from '../../src/migrate/test-support.ts';
import type { Session } from '../../src/system/index.ts';

const ROOT = resolve(import.meta.dirname, '../..');

let pg: TestServer;
let database: TestDatabase;
let session: Session;
/** A vendor's project, with the packed package installed and the program of docs/data-migrations-protocol.md. */
let project: string;

beforeAll(async () => {
  pg = await startTestServer();
  database = await pg.createDatabase();
  session = await database.connect();
  await createLedger(pg.system, session);
  await raiseFence(session, 3);
  project = await mkdtemp(join(tmpdir(), 'onward-project-'));
  const modules = join(project, 'node_modules');
  await mkdir(join(modules, 'onward'), { recursive: true });
  await mkdir(join(modules, '@types'));
  const packed = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], ROOT);
  const [{ filename }] = JSON.parse(packed.stdout);
  await execute(
    'tar',
    ['-xzf', join(project, filename), '--strip-components=1', '-C', join(modules, 'onward')],
    project,
  );
  for (const name of ['pg', '@types/pg', '@types/node', 'pg-types', 'pg-protocol'])
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await writeFile(join(project, 'data-migrations.mjs'), await documented());
});
afterAll(async () => {
  await pg.close();
  await rm(project, { recursive: true, force: true });
});

async function documented(): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/data-migrations-protocol.md'), 'utf8');
  return /```js\n(\/\/ data-migrations\.mjs\n[\s\S]*?)```/.exec(page)?.[1] ?? '';
}

interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(program: string, args: readonly string[], cwd: string, environment = process.env): Promise<Ended> {
  return new Promise((done) => {
    execFile(program, args, { cwd, env: environment }, (error, stdout, stderr) => {
      done({ exit: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const CLAIM = { ONWARD_DEPLOYMENT: 'shop', ONWARD_EPOCH: '3', ONWARD_HOLDER: 'h', ONWARD_DATABASE: 'core' };

function ask(args: readonly string[], environment: Readonly<Record<string, string>> = CLAIM): Promise<Ended> {
  const base = { PATH: process.env.PATH, DATABASE_URL: database.url };
  return execute(process.execPath, ['data-migrations.mjs', ...args], project, { ...base, ...environment });
}

async function answerTo(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<unknown> {
  const { stdout, stderr, exit } = await ask([...args, '--format', 'json'], environment);
  expect(exit, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function prepareRows(rows: number): Promise<void> {
  await session.query(`
    drop table if exists invoice, invoice_line;
    create table invoice (id bigint primary key, document jsonb not null, is_split boolean not null default false);
    create table invoice_line (invoice bigint not null, text text not null, cents bigint not null);
    insert into invoice (id, document)
    select n * 3, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('text', 'a' || n, 'cents', n), jsonb_build_object('text', 'b', 'cents', 1)))
    from generate_series(1, ${rows}) as n;
    analyze invoice;
    delete from onward.data_migration_batch;
    insert into onward.data_migration (id, release, status, holder, epoch) values ('split-lines', '1.2.0', 'running', 'h', 3)
    on conflict (id) do update set status = 'running', holder = 'h', wanted = null, cursor = null, scanned = 0, changed = 0, failed = 0, batches = 0`);
}

async function lines(): Promise<unknown> {
  const { rows } = await session.query(
    'select count(*)::int as lines, sum(cents)::int as cents, (select count(*)::int from invoice where is_split) as split from invoice_line',
  );
  return rows[0];
}

describe("import … from 'onward/service'", () => {
  it('is the program of the documentation, which moves every row once', async () => {
    await prepareRows(2_500);
    expect(await answerTo(['list'])).toEqual({ dataMigrations: [{ id: 'split-lines' }] });
    expect(await answerTo(['run', 'split-lines', '--dry-run'])).toEqual({
      ...{ type: 'result', id: 'split-lines', dryRun: true, estimatedRows: 2_500, sampledRows: 1_000, oldRows: 1_000 },
    });
    expect(await lines()).toEqual({ lines: 0, cents: null, split: 0 });
    expect(await answerTo(['verify', 'split-lines'])).toEqual({ id: 'split-lines', remaining: 2_500 });
    const counters = { scanned: 2_500, changed: 2_500, failed: 0 };
    expect(await answerTo(['run', 'split-lines', '--batch-size', '400'])).toMatchObject({
      status: 'completed',
      ...counters,
    });
    expect(await lines()).toEqual({ lines: 5_000, cents: (2_500 * 2_501) / 2 + 2_500, split: 2_500 });
    expect(await answerTo(['verify', 'split-lines'])).toEqual({ id: 'split-lines', remaining: 0 });
    expect(await answerTo(['status', 'split-lines'])).toMatchObject({ status: 'running', recorded: true, ...counters });
  });

  it('changes nothing for a run that is not the highest epoch, or not the holder any more, or not of Onward', async () => {
    await prepareRows(50);
    for (const [environment, code] of [
      [{ ...CLAIM, ONWARD_EPOCH: '2' }, 'service.fenced'],
      [{ ...CLAIM, ONWARD_DEPLOYMENT: 'other' }, 'service.fenced'],
      [{ ...CLAIM, ONWARD_HOLDER: 'other' }, 'service.taken-over'],
      [{}, 'service.not-onward'],
    ] as const) {
      const refused = await ask(['run', 'split-lines'], environment);
      expect(refused.stderr).toContain(`error ${code}`);
      expect(refused.exit).toBe(1);
    }
    expect(await lines()).toEqual({ lines: 0, cents: null, split: 0 });
  });

  it('pauses before the next batch, as the operator or its own command asked for', async () => {
    await prepareRows(50);
    expect(await answerTo(['pause', 'split-lines'])).toEqual({ id: 'split-lines', status: 'running' });
    expect(await answerTo(['run', 'split-lines'])).toMatchObject({ type: 'result', status: 'paused', changed: 0 });
    expect(await answerTo(['resume', 'split-lines'])).toEqual({ id: 'split-lines', status: 'running' });
    expect(await answerTo(['run', 'split-lines'])).toMatchObject({ status: 'completed', changed: 50 });
  });

  it('rolls a batch back that meets a lock, counts it, says what it waits for, and goes on once it is gone', async () => {
    await prepareRows(50);
    const holder = await database.connect();
    await holder.query('begin; select from invoice where id = 30 for update');
    const running = ask(['run', 'split-lines', '--format', 'json']);
    await waitFor(`select 1 from onward.data_migration where failed > 1 and waiting_for like 'rows%'`);
    await holder.query('rollback');
    const { stdout, exit } = await running;
    expect(exit).toBe(0);
    expect(stdout).toContain('"waitingFor":"rows that another session has locked"');
    expect(await lines()).toEqual({ lines: 100, cents: (50 * 51) / 2 + 50, split: 50 });
    const { rows } = await session.query('select sum(changed)::int as changed from onward.data_migration_batch');
    expect(rows).toEqual([{ changed: 50 }]);
  });

  it('needs the rights that the documentation grants and no more, and names those that are missing', async () => {
    await prepareRows(50);
    await session.query(`create role billing login; grant select, update on invoice to billing; grant insert on invoice_line to billing;
      alter role billing set search_path = public`);
    const url = new URL(database.url);
    url.username = 'billing';
    const environment = { ...CLAIM, DATABASE_URL: url.href };
    const refused = await ask(['run', 'split-lines'], environment);
    expect(refused.stderr).toContain('error service.missing-right');
    expect(refused.stderr).toContain('GRANT UPDATE (deployment) ON onward.fence TO "billing";');
    const page = await readFile(join(ROOT, 'docs/data-migrations-protocol.md'), 'utf8');
    await session.query(/```sql\n(GRANT [\s\S]*?)```/.exec(page)?.[1] ?? '');
    expect(await answerTo(['run', 'split-lines'], environment)).toMatchObject({ status: 'completed', changed: 50 });
  });

  it.each([
    [['status', 'other'], 3, 'service.unknown-id'],
    [['move', 'split-lines'], 2, 'service.wrong-arguments'],
    [['run', 'split-lines', '--fast'], 2, 'service.wrong-arguments'],
    [['run', 'split-lines', '--scope-kind', 'tenant', '--scope-value', 'a'], 2, 'service.wrong-arguments'],
  ])('answers %j with exit code %i', async (args, exit, code) => {
    const refused = await ask(args);
    expect(refused).toMatchObject({ exit, stdout: '' });
    expect(refused.stderr).toContain(`error ${code}`);
  });

  it('has types that the client of pg fits', async () => {
    const text = `import pg from 'pg';
import { defineDataMigration, serveDataMigrations } from 'onward/service';
const one = defineDataMigration<{ id: string }>({
  id: 'one', table: 'invoice', key: 'id',
  async run({ client, rows }) { await client.query('select $1', [rows.map(({ id }) => id.length)]); },
  verify: async (client) => (await client.query('select 1')).rowCount ?? 0,
});
const exitCode: number = await serveDataMigrations([one], {
  argv: [],
  async connect() { const client = new pg.Client(); await client.connect(); return client; },
});
process.exit(exitCode);
// @ts-expect-error a definition needs a verification
defineDataMigration({ id: 'one', table: 'invoice', key: 'id', run: async () => 1 });
`;
    await writeFile(join(project, 'typed.ts'), text);
    const tsc = join(ROOT, 'node_modules/ts7/bin/tsc');
    const types = join(project, 'node_modules/onward/dist/types');
    const emitted = await execute(process.execPath, [tsc, '-p', 'tsconfig.types.json', '--outDir', types], ROOT);
    expect(emitted.stdout).toBe('');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      '--types',
      'node',
    ];
    const checked = await execute(process.execPath, [tsc, ...options, 'typed.ts'], project);
    expect(checked.stdout).toBe('');
  });
});

async function waitFor(sql: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await session.query(sql)).rows.length === 0) {
    if (Date.now() > deadline) throw new Error(`Not so within ten seconds: ${sql}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
