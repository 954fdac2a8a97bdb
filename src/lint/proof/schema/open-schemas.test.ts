import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectionTarget, resolveConnectionTarget } from '../../../system/index.ts';
import { type ProofServer, startProofServer } from '../test-support.ts';
import { openSchemas, type SchemaPair } from './open-schemas.ts';

let server: ProofServer;
let folder: string;
let on: ConnectionTarget;
beforeAll(async () => {
  server = await startProofServer();
  folder = await mkdtemp(join(tmpdir(), 'onward-schema-'));
  on = await resolveConnectionTarget({ url: `${server.server.url}/postgres`, origin: 'test', environment: {} });
  await write('empty.sql', 'create schema nothing');
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

async function ask(target: ConnectionTarget, sql: string) {
  const session = await server.system.postgres.connect(target, { applicationName: 'test' });
  const { rows } = await session.query(sql).finally(() => session.close());
  return rows;
}

const COLUMNS = `select table_schema || '.' || table_name || '.' || column_name as name from information_schema.columns
  where table_schema not in ('pg_catalog', 'information_schema') order by 1`;

/** The columns of the schema before, in the databases that are made of a pair, and whether these are gone afterwards. */
async function columnsOf(before: string, options: Partial<SchemaPair> = {}): Promise<readonly unknown[]> {
  const pair = { before, after: join(folder, 'empty.sql'), on, ...options };
  const schemas = await openSchemas(server.system, pair);
  const columns = await ask(schemas.before, COLUMNS).finally(() => schemas.close());
  const left = await ask(on, `select datname from pg_database where datname like 'onward\\_scratch%'`);
  expect(left).toEqual([]);
  return columns.map(({ name }) => name);
}

async function refusal(before: string): Promise<string> {
  const opened = columnsOf(before).then(
    () => 'accepted',
    (error) => `${error.code} ${error.message}`,
  );
  return (await opened).replaceAll(`${folder}/`, '');
}

const DUMP = `--
-- PostgreSQL database dump
\\restrict Zc3xq
SET statement_timeout = 0;
SET transaction_timeout = 0;
SET a_setting_of_a_later_server = on;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE DATABASE shop WITH TEMPLATE = template0;
\\connect shop
CREATE SCHEMA public;
CREATE TABLE public.orders (id integer NOT NULL, note text);
\\unrestrict Zc3xq
`;

describe('openSchemas()', () => {
  it('makes a dump, without what it says to psql and to other servers', async () => {
    expect(await columnsOf(await write('dump.sql', DUMP))).toEqual(['public.orders.id', 'public.orders.note']);
  });

  it('makes what a folder of migrations makes, in their order', async () => {
    await write('migrations/0001_shop.up.sql', 'begin; create table shop (id int); commit;');
    await write('migrations/0001_shop.down.sql', 'drop table shop;');
    await write('migrations/0002_name.up.sql', 'alter table shop add column name text;');
    await write('migrations/0010_rename.up.sql', 'alter table shop rename to store;');
    expect(await columnsOf(join(folder, 'migrations'))).toEqual(['public.store.id', 'public.store.name']);
  });

  it('begins each file with the settings of a new session', async () => {
    await write('plain/1.sql', `create schema own; set search_path = own; create table a (id int);`);
    await write('plain/2.sql', 'create table b (id int);');
    expect(await columnsOf(join(folder, 'plain'))).toEqual(['own.a.id', 'public.b.id']);
  });

  it('copies the database of a URL, and does not touch it', async () => {
    const target = await server.createDatabase('create table item (id serial, code text)');
    const url = `${server.server.url}/${target.database}`;
    const schemas = await openSchemas(server.system, { before: url, after: url });
    expect(schemas.before.database).not.toBe(schemas.after.database);
    await ask(schemas.before, `insert into item (code) values ('a') returning id`);
    await schemas.close();
    expect(await ask(target, 'select (select count(*)::int from item), is_called from item_id_seq')).toEqual([
      { count: 0, is_called: false },
    ]);
  });

  it('refuses a database that holds rows', async () => {
    const { database } = await server.createDatabase('create table item as select 1 as id');
    expect(await refusal(`${server.server.url}/${database}`)).toMatch(/^lint\.refused-server/);
  });

  it('makes the roles that a schema names, on a server of its own only', async () => {
    const path = await write(
      'roles.sql',
      'create table t (id int); grant select on t to "the app"; alter table t owner to owner_1;',
    );
    expect(await refusal(path)).toMatch(/^lint\.schema-fails .*roles\.sql:1 .*role "the app" does not exist/);
    const { on: _, ...pair } = { on, before: path, after: path };
    const schemas = await openSchemas(server.system, pair);
    const rows = await ask(
      schemas.after,
      `select tableowner, has_table_privilege('the app', 't', 'select') as granted from pg_tables where tablename = 't'`,
    );
    await schemas.close();
    expect(rows).toEqual([{ tableowner: 'owner_1', granted: true }]);
  });

  it.each([
    ['absent.sql', undefined, 'lint.no-schema Could not read the schema absent.sql: there is no SQL file'],
    [
      'wrong.sql',
      'create table a (id int);\ncreate tabel b ();',
      'lint.unreadable-schema Could not read the schema at wrong.sql:2: ',
    ],
    [
      'included.sql',
      'create table a (id int);\n\n\\ir more.sql\n',
      'lint.unreadable-schema Could not read the schema at included.sql:3: ',
    ],
    [
      'rows.sql',
      'create table a (id int);\nCOPY a FROM stdin;\n1\n\\.\n',
      'lint.schema-holds-data Could not use the schema at rows.sql:2: ',
    ],
    [
      'twice.sql',
      'create table a (id int);\n\ncreate table a ();',
      'lint.schema-fails Could not make the schema: the statement at twice.sql:3 is refused',
    ],
  ])('says what is wrong with a schema, and where: %s', async (name, text, says) => {
    const path = text === undefined ? join(folder, name) : await write(name, text);
    expect((await refusal(path)).slice(0, says.length)).toBe(says);
  });
});
