import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../system/index.ts';
import { type RecordOptions, recordStatements } from './record-statements.ts';
import { saveStatements } from './save-statements.ts';
import { loadStatements } from './statements-file.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });

async function targetOf(server: EmbeddedPostgres, database = 'postgres', user = 'postgres'): Promise<ConnectionTarget> {
  const url = `${server.url.replace('postgres@', `${user}@`)}/${database}`;
  return resolveConnectionTarget({ url, origin: 'the test', environment: {} });
}

/** Each statement is sent on its own, with the values that it is given. */
async function send(
  target: ConnectionTarget,
  ...statements: readonly (string | readonly [string, readonly unknown[]])[]
) {
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  for (const statement of statements) {
    if (typeof statement === 'string') await session.query(statement);
    else await session.query(...statement);
  }
  await session.close();
}

async function startCounting(options: Parameters<typeof startEmbeddedPostgres>[0] = {}): Promise<EmbeddedPostgres> {
  const settings = { shared_preload_libraries: 'pg_stat_statements', ...options.settings };
  const server = await startEmbeddedPostgres({ isDurable: false, ...options, settings });
  await send(
    await targetOf(server),
    'create schema tools',
    'create extension pg_stat_statements schema tools',
    'create table orders (id int primary key, at timestamptz, note text)',
    'create role shop login',
    'create role reporting login',
    'grant all on orders to shop, reporting',
    'alter role shop set search_path = public, tools',
    'select tools.pg_stat_statements_reset()',
  );
  return server;
}

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startCounting();
});
afterAll(() => server?.remove());

/** What is recorded of a server on which this was sent, as [calls, role, text]. */
async function record(options: RecordOptions = {}, user = 'postgres') {
  const file = await recordStatements(system, await targetOf(server, 'postgres', user), options);
  return { ...file, list: file.statements.map(({ calls, role, sql }) => [calls, role, sql]) };
}

async function reset(): Promise<void> {
  await send(await targetOf(server), 'select tools.pg_stat_statements_reset()');
}

describe.each(['14', '16', '17', '18'] as const)('recordStatements() on Postgres %s', (version) => {
  it('takes what the application has sent', async () => {
    const other = await startCounting({ version });
    try {
      await send(
        await targetOf(other, 'postgres', 'shop'),
        "insert into orders values (1, now() - interval '1 day', 'secret')",
        ['select id from orders where id in ($1, $2, $3)', [1, 2, 3]],
        'begin',
        'select id from orders where id in (7, 8, 9)',
        'commit',
      );
      const { statements, server: version_ } = await recordStatements(system, await targetOf(other));
      expect(version_).toMatch(new RegExp(`^${version}\\.`));
      expect(statements.every(({ role, searchPath }) => role === 'shop' && searchPath === 'public, tools')).toBe(true);
      const texts = statements.map(({ sql }) => sql);
      expect(texts).toContain('insert into orders values ($1, now() - interval $2, $3)');
      expect(texts.filter((sql) => sql.startsWith('select id from orders where id in ($1')).length).toBeGreaterThan(0);
      expect(texts.join()).not.toMatch(/secret|begin|commit/);
    } finally {
      await other.remove();
    }
  });
});

describe('recordStatements()', () => {
  it('counts calls, and says which role sent what', async () => {
    await reset();
    const twice = ['select note from orders where id = 1', 'select note from orders where id = 2'];
    await send(await targetOf(server, 'postgres', 'shop'), ...twice);
    await send(await targetOf(server, 'postgres', 'reporting'), 'select count(*) from orders');
    expect((await record()).list).toEqual([
      [2, 'shop', 'select note from orders where id = $1'],
      [1, 'reporting', 'select count(*) from orders'],
    ]);
    expect((await record({ roles: ['reporting'] })).list).toEqual([[1, 'reporting', 'select count(*) from orders']]);
    const often = await record({ minimumCalls: 2 });
    expect(often.list).toHaveLength(1);
    expect(often.missing).toContainEqual({ reason: 'statements with fewer calls than --min-calls asks for', count: 1 });
  });

  it('leaves out settings, transactions, looks at the catalog and what Onward sends itself', async () => {
    await reset();
    await send(
      await targetOf(server, 'postgres', 'shop'),
      'begin',
      'set local lock_timeout = 100',
      'select relname from pg_class limit 1',
      'select count(*) from information_schema.tables',
      'select 1',
      "select set_config('app.tenant', '7', true)",
      'select pg_catalog.pg_backend_pid()',
      'with one as (select oid from pg_catalog.pg_type) select count(*) from one',
      'rollback',
    );
    expect((await record()).list).toEqual([]);
  });

  it('takes superusers for administrators, unless nobody else has sent anything or one is named', async () => {
    await reset();
    await send(await targetOf(server), 'select id from orders');
    expect((await record()).list).toEqual([[1, 'postgres', 'select id from orders']]);
    await send(await targetOf(server, 'postgres', 'shop'), 'delete from orders where id = 0');
    const both = await record();
    expect(both.list).toEqual([[1, 'shop', 'delete from orders where id = $1']]);
    expect(both.missing.map(({ reason }) => reason).join()).toContain('statements of superusers');
    expect((await record({ roles: ['postgres'] })).list.map(([, , sql]) => sql)).toContain('select id from orders');
  });

  it('says since when the server counts, and what it does not judge', async () => {
    await reset();
    await send(await targetOf(server, 'postgres', 'shop'), 'do $$begin end$$', 'select id from orders');
    const { missing } = await record();
    expect(missing[0]?.reason).toMatch(/^what ran before \d{4}-\d\d-\d\dT[\d:]+Z, when the server began to count$/);
    expect(missing).toContainEqual({ reason: expect.stringContaining('DO'), count: 1 });
  });

  it('says how many texts are hidden from the role, and what to grant', async () => {
    await reset();
    await send(await targetOf(server), 'grant usage on schema tools to reporting');
    await send(await targetOf(server, 'postgres', 'shop'), 'select id from orders');
    const { list, missing } = await record({ roles: ['shop'] }, 'reporting');
    expect(list).toEqual([]);
    expect(missing).toContainEqual({ reason: expect.stringContaining('pg_read_all_stats'), count: expect.any(Number) });
  });

  it('says that the server has forgotten statements, and never shows a constant', async () => {
    const small = await startCounting({ settings: { 'pg_stat_statements.max': '100' } });
    try {
      const shop = await targetOf(small, 'postgres', 'shop');
      const many = Array.from(
        { length: 150 },
        (_, index) => `select id${', id'.repeat(index)} from orders where note = 'secret${index}'`,
      );
      await send(shop, ...many);
      const { statements, missing } = await recordStatements(system, await targetOf(small));
      expect(missing.map(({ reason }) => reason).join()).toMatch(/made room \d+ times .*max is 100; raise it/);
      expect(statements.length).toBeGreaterThan(50);
      expect(JSON.stringify(statements)).not.toContain('secret');
    } finally {
      await small.remove();
    }
  });

  it('is refused with the repair where nothing is counted', async () => {
    await send(await targetOf(server), 'create database plain');
    await expect(recordStatements(system, await targetOf(server, 'plain'))).rejects.toMatchObject({
      code: 'lint.cannot-record',
      message: expect.stringContaining('is not installed in it'),
    });
    const unloaded = await startEmbeddedPostgres({ isDurable: false });
    try {
      await send(await targetOf(unloaded), 'create extension pg_stat_statements');
      await expect(recordStatements(system, await targetOf(unloaded))).rejects.toMatchObject({
        code: 'lint.cannot-record',
        hint: expect.stringContaining('shared_preload_libraries'),
      });
    } finally {
      await unloaded.remove();
    }
  });

  it('is refused with what to grant where the role may not look', async () => {
    await expect(record({}, 'shop')).rejects.toMatchObject({
      code: 'lint.cannot-record',
      hint: expect.stringContaining('pg_read_all_stats'),
    });
  });

  it('is refused for a role that the server does not have', async () => {
    await expect(record({ roles: ['shp'] })).rejects.toMatchObject({ code: 'lint.unknown-role' });
  });
});

describe('the file of statements', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-record-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is for its owner alone, is read as it was written, and is replaced only when told', async () => {
    const path = join(folder, 'queries.json');
    const { list: _, ...file } = await record();
    await saveStatements(system, file, { path, mayReplace: false });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadStatements(system, path)).toEqual(file);
    const again = saveStatements(system, file, { path, mayReplace: false });
    await expect(again).rejects.toMatchObject({ code: 'lint.file-exists' });
    await saveStatements(system, { ...file, statements: [] }, { path, mayReplace: true });
    expect((await loadStatements(system, path)).statements).toEqual([]);
  });

  it('may be plain SQL, without the transactions and settings of a log', async () => {
    const path = join(folder, 'queries.sql');
    await system.files.writeAtomic(path, 'begin;\nset x.y = 1;\nselect 1;\n\nupdate t set a = $1;\ncommit;\n');
    expect((await loadStatements(system, path)).statements).toEqual([
      { sql: 'select 1', calls: 1, origin: `${path}:3` },
      { sql: 'update t set a = $1', calls: 1, origin: `${path}:5` },
    ]);
  });

  it('is refused when it is not there, or says what it may not say', async () => {
    const absent = join(folder, 'absent.sql');
    await expect(loadStatements(system, absent)).rejects.toMatchObject({ code: 'lint.no-statements-file' });
    const path = join(folder, 'wrong.json');
    await system.files.writeAtomic(path, '{"format": 2, "statements": [{"sql": "select 1", "call": 3}]}');
    await expect(loadStatements(system, path)).rejects.toMatchObject({ code: 'document.invalid' });
  });
});
