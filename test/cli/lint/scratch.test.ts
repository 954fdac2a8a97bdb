import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../../src/system/index.ts';
import { runOnward } from '../../support/deployment.ts';

let server: EmbeddedPostgres;
let folder: string;
beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
});
afterAll(() => server?.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-lint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: { readonly [path: string]: string }): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function lint(...args: readonly string[]) {
  const { exit, stdout, stderr } = await runOnward(['lint', ...args, '--format', 'json'], { cwd: folder }).ended;
  const report = stdout === '' ? undefined : JSON.parse(stdout);
  const findings: readonly { rule: string; source: string; file: string; line: number; message: string }[] =
    report?.findings ?? [];
  return { exit, stderr, summary: report?.summary, findings, rules: findings.map(({ rule }) => rule) };
}

async function createDatabase(name: string, sql: string): Promise<string> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  for (const [database, text] of [
    ['postgres', `create database ${name}`],
    [name, sql],
  ] as const) {
    const url = `${server.url}/${database}`;
    const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
    const session = await system.postgres.connect(target, { applicationName: 'test' });
    await session.query(text);
    await session.close();
  }
  return `${server.url}/${name}`;
}

const ORDERS = 'create table orders (id bigint primary key, note text not null);\n';

describe('onward lint --measure', () => {
  it('sees what a DO block with dynamic SQL does, where the text tells nothing', async () => {
    await write({
      'migrations/0001_orders.up.sql': ORDERS,
      'migrations/0002_do.up.sql': "do $$ begin execute 'alter table ' || 'orders drop column note'; end $$;\n",
    });
    const plain = await lint();
    expect([plain.exit, plain.rules]).toEqual([0, ['unknown-effects']]);
    const measured = await lint('--measure');
    expect(measured.exit).toBe(1);
    expect(measured.findings.find(({ source }) => source === 'measured')).toMatchObject({
      rule: 'measured-contract-change',
      file: 'migrations/0002_do.up.sql',
      message: expect.stringContaining('public.orders.note'),
    });
    expect(measured.summary.measured).toBe(true);
  });

  it('looks at the invariants beside the migrations', async () => {
    await write({
      'migrations/0001_orders.up.sql': ORDERS,
      'invariants/core.yaml': 'expect: { orders: { columns: [total] } }\n',
    });
    const { exit, findings } = await lint('--measure');
    expect(exit).toBe(1);
    expect(findings.map(({ rule, file, message }) => [rule, file, message])).toEqual([
      ['invariant-expected-objects', 'invariants/core.yaml', 'orders has no column total'],
    ]);
  });

  it('measures on a server that is named, and leaves nothing there', async () => {
    const url = await createDatabase('scratch_of_lint', 'select 1');
    await write({ 'migrations/0001_orders.up.sql': ORDERS });
    const { exit, summary } = await lint('--measure', '--on', url);
    expect([exit, summary.measured]).toEqual([0, true]);
    const left = await createDatabase('look_for_scratch', 'select 1');
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const target = await resolveConnectionTarget({ url: left, origin: 'test', environment: {} });
    const session = await system.postgres.connect(target, { applicationName: 'test' });
    const { rows } = await session.query("select datname from pg_database where datname like 'onward_scratch_%'");
    await session.close();
    expect(rows).toEqual([]);
  });

  it('refuses a server whose database holds rows, and says what to do', async () => {
    const url = await createDatabase('in_use', 'create table t (a int); insert into t values (1)');
    await write({ 'migrations/0001_orders.up.sql': ORDERS });
    const { exit, stderr } = await lint('--measure', '--on', url);
    expect(exit).toBe(1);
    expect(stderr).toContain('error lint.refused-server\nCould not use database in_use');
    expect(stderr).toMatch(/^-> /m);
  });
});

describe('onward lint --on', () => {
  it('refuses the server of the deployment in the folder, whatever database of it is named', async () => {
    const url = await createDatabase('beside_production', 'select 1');
    await write({
      'migrations/0001_orders.up.sql': ORDERS,
      'onward.yaml': `deployment: shop\nreleases: { source: ./releases }\ndatabases: { core: { url: "${server.url}/production" } }\nservices: { api: { runtime: process } }\n`,
    });
    const { exit, stderr } = await lint('--measure', '--on', url);
    expect(exit).toBe(1);
    expect(stderr).toContain('error lint.refused-server\nCould not use database beside_production');
  });
});

describe('onward lint --queries', () => {
  it('names the statement of the old version that breaks, and the one of a migration that breaks it', async () => {
    await write({
      'before.sql': ORDERS,
      'migrations/0002_required.up.sql': 'select 1;\nalter table orders add column total int not null;\n',
      'queries.sql': 'insert into orders (id, note) values ($1, $2);\nselect note from orders where id = $1;\n',
    });
    const { exit, findings, summary } = await lint('--baseline', 'before.sql', '--queries', 'queries.sql');
    expect(exit).toBe(1);
    expect(findings.find(({ rule }) => rule === 'query-breaks')).toMatchObject({
      source: 'proof',
      file: 'migrations/0002_required.up.sql',
      line: 2,
      message: expect.stringContaining('23502'),
    });
    expect(summary.proof).toEqual({ statements: 2, same: 1, breaks: 1, shapeChanged: 0, notProvable: 0, coverage: 1 });
  });

  it('leaves out what later phases bring: no old version runs then', async () => {
    await write({
      'before.sql': ORDERS,
      'migrations/0002_drop.up.sql': '-- onward:phase contract\nalter table orders drop column note;\n',
      'queries.sql': 'select note from orders;\n',
    });
    const { exit, rules } = await lint('--baseline', 'before.sql', '--queries', 'queries.sql');
    expect([exit, rules]).toEqual([0, []]);
  });
});

describe('onward lint --baseline', () => {
  it('looks at the schema of a database that is named, and only reads it', async () => {
    const url = await createDatabase('baseline_of_lint', `${ORDERS} insert into orders values (1, 'x')`);
    await write({ 'migrations/0002_note.up.sql': 'alter table orders alter column note type varchar(5);\n' });
    const without = await lint();
    expect(without.rules).toContain('unknown-effects');
    const { rules } = await lint('--baseline', url);
    expect(rules).toContain('change-type-rewrite');
    expect(rules).not.toContain('unknown-effects');
  });
});

describe('onward lint --since', () => {
  it('judges what came after a release, and holds what is in it to what it was', async () => {
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
    await write({
      'migrations/0001_a.up.sql': `${ORDERS}create index orders_note on orders (note);\nalter table orders drop column note;\n`,
    });
    git('init', '-q');
    git('add', '-A');
    git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-qm', 'first');
    git('tag', 'v1.0.0');
    await write({ 'migrations/0002_b.up.sql': 'create index orders_id on orders (id, id);\n' });
    const after = await lint('--since', '1.0.0');
    expect([after.exit, after.rules, after.summary.shipped]).toEqual([1, ['create-index'], 1]);
    await write({ 'migrations/0001_a.up.sql': 'create table other ();\n' });
    expect((await lint('--since', '1.0.0')).rules).toContain('edited-shipped-file');
  });
});

describe('a comment that allows a finding', () => {
  it('takes it from the report, and is counted there', async () => {
    const allow = '-- onward:allow drop-column until 2.0.0: nothing has read it since 1.2\n';
    await write({
      'migrations/0001_orders.up.sql': ORDERS,
      'migrations/0002_drop.up.sql': `${allow}alter table orders drop column note;\n`,
    });
    const { exit, rules, summary } = await lint();
    expect([exit, rules, summary.suppressed]).toEqual([0, [], { 'drop-column': 1 }]);
  });

  it('keeps --fix from the statement', async () => {
    const allow = '-- onward:allow create-index until 2.0.0: the table is empty everywhere\n';
    const text = `${allow}create index orders_note on orders (note);\n`;
    await write({ 'migrations/0001_orders.up.sql': ORDERS, 'migrations/0002_index.up.sql': text });
    const { exit, stderr } = await lint('--fix');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });
});

describe('arguments that cannot be used', () => {
  it.each([
    [['--server', '13'], '--server cannot be "13"; it can be 14, 15, 16, 17, 18.'],
    [['--minimum-coverage', '2'], 'must be a number from 0 to 1'],
  ])('are refused: %j', async (args, says) => {
    const { exit, stderr } = await lint(...args);
    expect(exit).toBe(2);
    expect(stderr).toContain(says);
  });

  it('names a folder that is not there', async () => {
    const { exit, findings } = await lint('nowhere');
    expect(exit).toBe(1);
    expect(findings.map(({ rule, file }) => [rule, file])).toEqual([['missing-path', 'nowhere']]);
  });
});
