import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import { createLedger } from './create-ledger.ts';
import { collectEvents, failure, startTestServer, type TestServer, targetOf, until } from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
});
afterAll(() => servers.close());

const A = { 'core/1.2.0/expand/001_a.sql': 'create table a (id int primary key);' };

describe('applyMigrations()', () => {
  it('applies the files of its phases in order, records them, and does nothing the second time', async () => {
    const database = await servers.createDatabase();
    const files = {
      'core/v1.10.0/expand/001_c.sql': 'alter table a add column c int;',
      'core/v1.2.0/expand/002_b.sql': 'alter table a add column b int;',
      'core/v1.2.0/expand/001_a.sql': 'create table a (id int primary key);',
      'core/v1.2.0/contract/001_x.sql': 'drop table a;',
      'core/v1.10.0/expand/002_i.notx.sql': 'create index concurrently a_b on a (b);\nalter table a add d int;',
      'core/v10.0.0/expand/001_n.sql': 'create table newer ();',
      'other/v1.2.0/expand/001_o.sql': 'create table other ();',
    };
    const { onEvent, events } = collectEvents();
    const hooks: string[] = [];
    const report = await database.apply(files, {
      onEvent,
      beforeFile: async ({ path }) => void hooks.push(`before ${path}`),
      afterFile: async ({ path }) => void hooks.push(`after ${path}`),
    });
    const expected = [
      'core/v1.2.0/expand/001_a.sql',
      'core/v1.2.0/expand/002_b.sql',
      'core/v1.10.0/expand/001_c.sql',
      'core/v1.10.0/expand/002_i.notx.sql',
    ];
    expect(report.applied.map(({ file }) => file.path)).toEqual(expected);
    expect(await database.ledger()).toEqual(expected);
    expect(hooks).toEqual(expected.flatMap((path) => [`before ${path}`, `after ${path}`]));
    expect(events.filter(({ type }) => type === 'migrate.file-finished').map(({ path }) => path)).toEqual(expected);
    const again = await database.apply(files, { run: 'run-2' });
    expect(again).toMatchObject({ applied: [], planned: [], cosmetic: [] });
    expect(again.alreadyApplied).toHaveLength(4);
  });

  it('shows what it would do and changes nothing in a dry run', async () => {
    const database = await servers.createDatabase();
    const report = await database.apply(A, { dryRun: true });
    expect(report.planned.map(({ path }) => path)).toEqual(Object.keys(A));
    const session = await database.connect();
    const { rows } = await session.query(`select from pg_namespace where nspname = 'onward'`);
    expect(rows).toEqual([]);
  });

  it('leaves nothing of a file whose third statement fails, and shows the place', async () => {
    const database = await servers.createDatabase();
    const text = `create table b ();\ninsert into a values (1);\n\nalter table a -- ü 🚀\n\tadd column x int, add column y nosuch;\ncreate table c ();\n`;
    const error = await failure<OnwardError>(database.apply({ ...A, 'core/1.2.0/expand/002_b.sql': text }));
    expect(error).toMatchObject({ code: 'migrate.statement-failed', state: 'resumable', exit: 4 });
    expect(`${error.message}\n${error.detail}`).toBe(
      [
        'Could not run core/1.2.0/expand/002_b.sql:5:33: type "nosuch" does not exist (42704). Nothing of the file is in the database; the file before it is applied.',
        '  3 |',
        '  4 | alter table a -- ü 🚀',
        '> 5 | \tadd column x int, add column y nosuch;',
        '    | \t                               ^',
        '  6 | create table c ();',
        '  7 |',
      ].join('\n'),
    );
    const session = await database.connect();
    const { rows } = await session.query(`select (select count(*)::int from a) as n, to_regclass('b') as b`);
    expect(rows).toEqual([{ n: 0, b: null }]);
    expect(await database.ledger()).toEqual(Object.keys(A));
  });

  it('tells what the server says about an error that has no position', async () => {
    const database = await servers.createDatabase();
    const text = `create table t (id int, check (id > 0));\ndo $$\nbegin\n  insert into t values (-1);\nend $$;`;
    const error = await failure<OnwardError>(database.apply({ '001_t.sql': text }));
    expect(error).toMatchObject({ state: 'unchanged', exit: 1 });
    expect(`${error.message}\n${error.detail}`).toBe(
      [
        'Could not run 001_t.sql:2:1: new row for relation "t" violates check constraint "t_id_check" (23514). Nothing of the file is in the database.',
        '  1 | create table t (id int, check (id > 0));',
        '> 2 | do $$',
        '    | ^',
        '  3 | begin',
        '  4 |   insert into t values (-1);',
        'detail: Failing row contains (-1).',
        'where: SQL statement "insert into t values (-1)"',
        'PL/pgSQL function inline_code_block line 3 at SQL statement',
      ].join('\n'),
    );
  });

  it('tells when a file is refused at its end', async () => {
    const database = await servers.createDatabase();
    const error = await failure<OnwardError>(
      database.apply({
        '001_t.sql': `create table p (id int primary key);
          create table t (id int references p deferrable initially deferred); insert into t values (1);`,
      }),
    );
    expect(error.message).toContain('Could not run 001_t.sql: insert or update on table "t" violates foreign key');
    expect(error.detail).toContain('at its COMMIT');
  });

  it('does not carry settings, roles or temporary tables from one file into the next', async () => {
    const database = await servers.createDatabase();
    const admin = await database.connect();
    await admin.query('create role visitor; create schema away authorization visitor');
    const leaky = `set search_path = away; set lock_timeout = 0; set timezone = 'Asia/Tokyo'; set standard_conforming_strings = off;
      select set_config('my.own', 'x', false); create temp table scrap (); prepare kept as select 1; set role visitor;`;
    const probe = `create table seen as select current_user::text as role, current_setting('search_path') as path,
      current_setting('TimeZone') as zone, current_setting('my.own', true) as own, to_regclass('pg_temp.scrap') as scrap,
      (select count(*)::int from pg_prepared_statements) as prepared;`;
    await database.apply({
      '001_leak.sql': leaky,
      '002_probe.sql': probe,
      '003_leak.notx.sql': leaky,
      '004_probe.sql': probe.replace('seen', 'seen_too'),
      '005_view.sql': 'create temp view scrap as select 1;',
      '006_probe.sql': probe.replace('seen', 'seen_again'),
    });
    const clean = { role: 'postgres', path: 'public', zone: 'UTC', own: '', scrap: null, prepared: 0 };
    const { rows } = await admin.query(
      'select * from seen union all select * from seen_too union all select * from seen_again',
    );
    expect(rows).toEqual(
      [
        { ...clean, own: null },
        { ...clean, own: null },
        { ...clean, own: null },
      ].map((row) => ({ ...row, own: expect.toBeOneOf(['', null]) })),
    );
  });

  it('keeps the product out of the ledger schema when the role is called onward', async () => {
    const database = await servers.createDatabase();
    const admin = await database.connect();
    await admin.query(`create role onward login superuser`);
    const target = await targetOf(database.url.replace('postgres@', 'onward@'));
    await database.apply({ '001_a.sql': 'create table a ();' }, { target });
    await database.apply({ '001_a.sql': 'create table a ();', '002_run.sql': 'create table run ();' }, { target });
    const { rows } = await admin.query(
      `select relnamespace::regnamespace::text as schema from pg_class where relname in ('a', 'run') order by 1`,
    );
    expect(rows).toEqual([{ schema: 'onward' }, { schema: 'public' }, { schema: 'public' }]);
  });

  it('accepts a cosmetic edit and refuses a real one, before it applies anything', async () => {
    const database = await servers.createDatabase();
    await database.apply({ '001_a.sql': 'create table a (id int default 1);', '002_b.sql': 'create table b ();' });
    const cosmetic = {
      '001_a.sql': '-- the first\nCREATE TABLE a (\r\n  id int DEFAULT 1)',
      '002_b.sql': 'create table b ();',
    };
    const report = await database.apply(cosmetic);
    expect(report.cosmetic.map(({ path }) => path)).toEqual(['001_a.sql']);
    const error = await failure<OnwardError>(
      database.apply({ '001_a.sql': 'create table a (id int default 2);', '003_c.sql': 'create table c ();' }),
    );
    expect(error).toMatchObject({ code: 'migrate.drift', state: 'unchanged', exit: 1 });
    expect(error.detail).toMatch(
      /^001_a\.sql: was edited after it was applied \(9\.0\.0, .*\)\n002_b\.sql: was applied \(9\.0\.0, .*\), but there is no such file$/,
    );
    expect(await database.ledger()).toEqual(['001_a.sql', '002_b.sql']);
  });

  it('refuses a file that came too late by its name, unless it is declared', async () => {
    const database = await servers.createDatabase();
    await database.apply({ '002_b.sql': 'create table b ();' });
    const files = { '001_a.sql': 'create table a ();', '002_b.sql': 'create table b ();' };
    const error = await failure<OnwardError>(database.apply(files));
    expect(error).toMatchObject({ code: 'migrate.late', state: 'unchanged', exit: 1 });
    expect(error.message).toContain('001_a.sql came too late');
    expect(error.detail).toBe('001_a.sql: sorts before 002_b.sql, which is applied');
    const read = (await database.apply(files, { dryRun: true, phases: [] })).alreadyApplied;
    expect(read).toHaveLength(1);
    const declared = await database.read(files);
    const late = declared.map((file) => ({ ...file, late: file.sequence === 1 }));
    expect((await database.apply({}, { files: late })).applied).toHaveLength(1);
  });

  it('takes a BEGIN and COMMIT around a file for what it does anyway', async () => {
    const database = await servers.createDatabase();
    const files = { '001_a.sql': 'BEGIN;\ncreate table a ();\nselect 1/0;\nCOMMIT;' };
    await failure(database.apply(files));
    const session = await database.connect();
    expect((await session.query(`select to_regclass('a') as a`)).rows).toEqual([{ a: null }]);
    await database.apply({ '001_a.sql': files['001_a.sql'].replace('1/0', '1') });
    expect(await database.ledger()).toEqual(['001_a.sql']);
  });

  it('ends a statement and takes the file back when it is aborted', async () => {
    const database = await servers.createDatabase();
    const abort = new AbortController();
    const applying = failure(
      database.apply(
        { '001_a.sql': 'create table a ();', '002_b.sql': 'create table b (); select pg_sleep(60);' },
        { signal: abort.signal },
      ),
    );
    const admin = await database.connect();
    await until('the sleep', async () => {
      const { rows } = await admin.query(
        `select from pg_stat_activity where state = 'active' and query like 'set local %; select pg_sleep%'`,
      );
      return rows.length > 0;
    });
    abort.abort(new Error('stopped by hand'));
    expect((await applying).message).toBe('stopped by hand');
    expect(await database.ledger()).toEqual(['001_a.sql']);
    const { rows } = await admin.query(
      `select count(*)::int as n from pg_stat_activity where application_name = 'onward migrate'`,
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('is lost to a run with a higher epoch before its next effect', async () => {
    const database = await servers.createDatabase();
    const admin = await database.connect();
    await createLedger(servers.system, admin);
    await admin.query(`insert into onward.fence values ('shop', 7)`);
    const fence = { deployment: 'shop', epoch: 7 };
    const files = {
      '001_a.sql': 'create table a ();',
      '002_b.notx.sql': 'vacuum a; create table b ();',
      '003_c.sql': 'create table c ();',
    };
    const fenced = await failure<OnwardError>(
      database.apply(files, {
        fence,
        beforeFile: async ({ sequence }) => {
          if (sequence === 3) await admin.query('update onward.fence set epoch = 8');
        },
      }),
    );
    expect(fenced).toMatchObject({ code: 'migrate.fenced', state: 'resumable', exit: 6 });
    expect(await database.ledger()).toEqual(['001_a.sql', '002_b.notx.sql']);
    const stepwise = await failure<OnwardError>(
      database.apply({ ...files, '003_c.sql': 'vacuum; create table c ();' }, { fence }),
    );
    expect(stepwise).toMatchObject({ code: 'migrate.fenced', state: 'unchanged', exit: 6 });
    await database.apply(files, { fence: { ...fence, epoch: 8 } });
    const { rows } = await admin.query('select epoch from onward.migration order by id');
    expect(rows).toEqual([{ epoch: '7' }, { epoch: '7' }, { epoch: '8' }]);
  });

  it('holds up a run that wants to take over until its transaction has ended, without counting it as stalled', async () => {
    const database = await servers.createDatabase();
    const admin = await database.connect();
    await createLedger(servers.system, admin);
    await admin.query(`insert into onward.fence values ('shop', 7)`);
    const thief = await database.connect('onward');
    const applying = database.apply(
      { '001_a.sql': 'create table a (); select pg_sleep(0.4);' },
      { fence: { deployment: 'shop', epoch: 7 } },
    );
    await until('the transaction', async () => {
      const { rows } = await admin.query(
        `select from pg_stat_activity where query like 'set local %; select pg_sleep%' and state = 'active'`,
      );
      return rows.length > 0;
    });
    await thief.query('update onward.fence set epoch = 8');
    const { rows } = await admin.query(`select path from onward.migration`);
    expect(rows).toEqual([{ path: '001_a.sql' }]);
    expect((await applying).applied[0]).toMatchObject({ stalledSessions: 0 });
  });
});
