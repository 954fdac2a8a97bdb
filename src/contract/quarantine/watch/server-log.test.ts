import { truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { loadSqlParser, type Session } from '../../../system/index.ts';
import { startTestServer, type TestServer } from '../../test-support.ts';
import type { Watched } from './evidence.ts';
import { openServerLog, type ServerLog } from './server-log.ts';

const SETTINGS = {
  logging_collector: 'on',
  log_filename: 'first.log',
  log_line_prefix: '%m [%-5p] %q%u@%d (%a) ',
  log_statement: 'none',
};

describe.each([
  ['14', 'csvlog'],
  ['14', 'stderr'],
  ['18', 'jsonlog'],
] as const)('openServerLog() on Postgres %s with %s', (version, format) => {
  let server: TestServer;
  let admin: Session;
  let shop: Session;
  let watched: Watched;

  beforeAll(async () => {
    server = await startTestServer({ version, settings: { ...SETTINGS, log_destination: format } });
    admin =
      await server.createDatabase(`create role shop login; create role other login; create table orders (id int, note text);
      create table "Fälle" (id int)`);
    shop = await server.connect({ user: 'shop', applicationName: 'shop@1.0.0' });
    const { rows } = await admin.query<{ database: string }>('select current_database() as database');
    const database = rows[0]?.database ?? '';
    watched = { tables: ['orders', 'Fälle'], unaffected: new Set(['other']), database };
  });
  afterAll(() => server.close());

  const open = async (): Promise<ServerLog> => {
    const log = await openServerLog({ system: server.system, parser: await loadSqlParser() }, admin);
    if (typeof log === 'string') throw new Error(log);
    return log;
  };
  const currentFile = async () => {
    const { rows } = await admin.query<{ file: string }>('select pg_current_logfile($1) as file', [format]);
    return basename(rows[0]?.file ?? '');
  };
  const refuse = (sql: string, session = shop) => expect(session.query(sql)).rejects.toThrow(/permission denied/);
  /** Everything that was seen until the last one shows a mark. */
  const seeUntil = async (log: ServerLog, mark: string) => {
    const seen: Awaited<ReturnType<ServerLog['look']>>[number][] = [];
    await eventually(
      async () => {
        seen.push(...(await log.look(admin, watched)));
        return seen;
      },
      (all) => all.some(({ statement }) => statement?.includes(mark)),
    );
    return seen;
  };

  it('sees who was refused what, in which program, without constants', async () => {
    const log = await open();
    expect(log.format).toBe(format);
    await refuse('select note,\n  \'my "secret", 1234567\'\n from orders -- private\n where id = 77');
    expect(await seeUntil(log, 'note')).toEqual([
      {
        seenIn: 'server log',
        role: 'shop',
        application: 'shop@1.0.0',
        statement: 'select note, ? from orders where id = ?',
      },
    ]);
    expect(await log.look(admin, watched)).toEqual([]);
  });

  it('sees a statement that a function sends, under the name of any alphabet, and nothing of other tables, roles and errors', async () => {
    await admin.query(
      `create table orders_2 (id int); create or replace function look() returns bigint language plpgsql as $$ begin return (select count(*) from "Fälle"); end $$`,
    );
    const log = await open();
    const other = await server.connect({ user: 'other' });
    await refuse('select id from orders', other);
    await refuse('select id from orders_2');
    await expect(shop.query("select 'orders' + 1, orders")).rejects.toThrow();
    await refuse('select look()');
    expect(await seeUntil(log, 'look')).toMatchObject([{ role: 'shop', statement: 'select look()' }]);
  });

  it('follows the log into a new file, and one that begins anew under its name', async () => {
    const log = await open();
    await refuse('select 1 as before_rotation from orders');
    await admin.query(`alter system set log_filename = 'second.log'`);
    await admin.query('select pg_reload_conf()');
    await admin.query('select pg_rotate_logfile()');
    await eventually(currentFile, (file) => file.includes('second'));
    await refuse('select 1 as after_rotation from orders');
    const seen = await seeUntil(log, 'after_rotation');
    expect(seen.map(({ statement }) => statement)).toEqual([
      'select ? as before_rotation from orders',
      'select ? as after_rotation from orders',
    ]);
    await truncate(join(server.server.directory, 'data', 'log', await currentFile()), 0);
    expect(await log.look(admin, watched)).toEqual([]);
    await refuse('select 1 as after_truncation from orders');
    expect(await seeUntil(log, 'after_truncation')).toHaveLength(1);
    expect(await log.prove(admin)).toBe(true);
  });

  it('says why when it cannot be read', async () => {
    const tools = { system: server.system, parser: await loadSqlParser() };
    const limited = await server.connect({ user: 'other' });
    expect(await openServerLog(tools, limited)).toMatch(
      /^permission denied for function pg_current_logfile; reading it takes EXECUTE on pg_current_logfile/,
    );
    await admin.query(`grant execute on function pg_current_logfile(text), pg_ls_logdir(),
      pg_read_binary_file(text, bigint, bigint, boolean) to other`);
    expect(await openServerLog(tools, limited)).toMatchObject({ format });
    await admin.query("alter role other set log_min_messages = 'fatal'");
    expect(await openServerLog(tools, limited)).toMatch(/log_min_messages=fatal/);
    await admin.query('alter role other reset log_min_messages');
    await admin.query("set log_min_messages = 'panic'");
    expect(await openServerLog(tools, admin)).toBe('log_min_messages is panic, so refused statements are not written');
    await admin.query('reset log_min_messages');
  });
});
