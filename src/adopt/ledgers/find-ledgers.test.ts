import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerServer, startLedgerServer } from '../../../test/support/ledger-server.ts';
import { failure } from '../../migrate/test-support.ts';
import type { OnwardError } from '../../model/index.ts';

let server: LedgerServer;
beforeAll(async () => {
  server = await startLedgerServer();
});
afterAll(async () => {
  await server?.close();
});

const CARACAL =
  'create table schema_migrations (version text primary key, applied_at timestamptz not null default now())';
const DBMATE = 'create table schema_migrations (version varchar primary key)';
const GOLANG = 'create table schema_migrations (version bigint not null primary key, dirty boolean not null)';
const GOOSE =
  'create table goose_db_version (id serial primary key, version_id bigint not null, is_applied boolean not null, tstamp timestamp default now())';

/** Which tool is recognised, or the code and the details of what is said instead. */
async function recognise(sql: readonly string[], given: Parameters<LedgerServer['plan']>[2] = {}): Promise<string> {
  const database = await server.createDatabase(...sql);
  try {
    const plan = await server.plan(database, [], given);
    return `${plan.found?.tool.name}: ${plan.source}`;
  } catch (error) {
    const { code, detail } = error as OnwardError;
    return detail === undefined ? code : `${code}\n${detail}`;
  }
}

describe('findLedgers()', () => {
  it.each([
    ['caracal', [CARACAL, `insert into schema_migrations (version) values ('0001_baseline')`]],
    ['dbmate', [DBMATE, `insert into schema_migrations values ('20260301100000')`]],
    ['golang-migrate', [GOLANG, 'insert into schema_migrations values (7, false)']],
  ])('tells %s by its columns and rows from the others that call their table schema_migrations', async (tool, sql) => {
    expect(await recognise(sql)).toBe(`${tool}: public.schema_migrations`);
  });

  it.each([
    [
      'Rails, which has the same columns as dbmate',
      [DBMATE, 'create table ar_internal_metadata (key varchar primary key)'],
    ],
    ['Ecto', ['create table schema_migrations (version bigint primary key, inserted_at timestamp)']],
    [
      'a table of Caracal’s columns with other names in it',
      [CARACAL, `insert into schema_migrations (version) values ('1.0.0')`],
    ],
    ['a table of dbmate’s columns with names in it', [DBMATE, `insert into schema_migrations values ('001_init')`]],
  ])('takes for nobody’s, and shows: %s', async (_, sql) => {
    expect(await recognise(sql)).toMatch(
      /^adopt\.no-ledger\npublic\.schema_migrations is called like a ledger and has other columns or rows: version /,
    );
  });

  it('takes what there is a doubt about when its tool is named', async () => {
    const sql = [DBMATE, 'create table ar_internal_metadata (key varchar primary key)'];
    expect(await recognise(sql, { tool: 'dbmate' })).toBe('dbmate: public.schema_migrations');
  });

  it('finds nothing in a database without a ledger', async () => {
    expect(await recognise(['create table customer (id bigint)'])).toBe('adopt.no-ledger');
  });

  it('asks which one, when there are several, and takes the one that is named', async () => {
    const both = [DBMATE, GOOSE];
    expect(await recognise(both)).toBe(
      'adopt.several-ledgers\npublic.goose_db_version: goose, --ledger goose --table public.goose_db_version\n' +
        'public.schema_migrations: dbmate, --ledger dbmate --table public.schema_migrations',
    );
    expect(await recognise(both, { tool: 'dbmate' })).toBe('dbmate: public.schema_migrations');
    const twice = ['create schema audit', DBMATE, DBMATE.replace('schema_migrations', 'audit.schema_migrations')];
    expect(await recognise(twice, { tool: 'dbmate' })).toContain('--ledger dbmate --table audit.schema_migrations');
    expect(await recognise(twice, { table: 'audit.schema_migrations' })).toBe('dbmate: audit.schema_migrations');
  });

  it('takes a table of another name only when it is named', async () => {
    const renamed = [DBMATE.replace('schema_migrations', '"Applied"')];
    expect(await recognise(renamed)).toBe('adopt.no-ledger');
    expect(await recognise(renamed, { table: 'Applied' })).toBe('dbmate: public."Applied"');
    expect(await recognise(renamed, { tool: 'goose', table: 'public.Applied' })).toMatch(/^adopt\.no-ledger/);
  });

  it('is not led astray by a search path, or by tables and functions that hide those of the catalog', async () => {
    const hiding = [
      'create schema evil',
      'create table evil.pg_class (oid oid)',
      'create table evil.pg_attribute (attname text)',
      `create function evil.format_type(oid, integer) returns text language sql as $$ select 'boolean' $$`,
    ];
    const database = await server.createDatabase(DBMATE, ...hiding);
    const session = await database.connect();
    await session.query(`alter database ${database.name} set search_path = evil, pg_catalog`);
    expect((await server.plan(database, [])).found?.tool.name).toBe('dbmate');
  });

  it('reads times without a zone in the zone of the server', async () => {
    const database = await server.createDatabase(
      GOOSE,
      `insert into goose_db_version (version_id, is_applied, tstamp) values (1, true, '2026-03-01 10:00')`,
    );
    const session = await database.connect();
    await session.query(`alter database ${database.name} set timezone = 'Europe/Amsterdam'`);
    const files = [['00001_a.sql', 'select 1;\n']] as const;
    expect((await server.plan(database, files)).taken[0]?.entry.appliedAt).toBe('2026-03-01T10:00:00+01:00');
    expect(await server.takeOver(database, files)).toBe(1);
    const { rows } = await session.query(
      `select finished_at = '2026-03-01 09:00+00' as is_right from onward.migration`,
    );
    expect(rows).toEqual([{ is_right: true }]);
  });

  it('warns when unqualified names do not lead to where the tool was', async () => {
    const database = await server.createDatabase(
      'create schema app',
      'create table app.customer (id bigint)',
      DBMATE.replace('schema_migrations', 'app.schema_migrations'),
      `insert into app.schema_migrations values ('1')`,
    );
    const files = [['1_a.up.sql', 'create table customer (id bigint);\n']] as const;
    const { findings } = await server.plan(database, files);
    expect(findings.map(({ code }) => code)).toEqual(['adopt.off-search-path', 'adopt.by-name']);
    const session = await database.connect();
    await session.query(`alter database ${database.name} set search_path = app`);
    expect((await server.plan(database, files)).findings.map(({ code }) => code)).toEqual(['adopt.by-name']);
  });

  it('refuses a baseline beside a table that may be a ledger', async () => {
    const database = await server.createDatabase(
      'create table schema_migrations (version bigint primary key, inserted_at timestamp)',
    );
    const files = [['0001_base.sql', 'create table customer (id bigint);\n']] as const;
    const error = await failure<OnwardError>(server.plan(database, files, { baseline: '0001_base.sql' }));
    expect(error.code).toBe('adopt.no-ledger');
  });
});
