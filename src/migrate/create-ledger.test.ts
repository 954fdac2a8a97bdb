import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import { createLedger } from './create-ledger.ts';
import { loadLedger } from './ledger.ts';
import { observeMigrations } from './observe.ts';
import { failure, startTestServer, type TestServer, targetOf } from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
  const admin = await (await servers.createDatabase()).connect();
  await admin.query('create role weak login');
});
afterAll(() => servers.close());

describe('createLedger()', () => {
  it('creates every table once, however many do it at the same time', async () => {
    const database = await servers.createDatabase();
    const sessions = await Promise.all(Array.from({ length: 6 }, () => database.connect()));
    await Promise.all(sessions.map((session) => createLedger(servers.system, session)));
    const { rows } = await (await database.connect()).query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'onward'::regnamespace and relkind = 'r' order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'acceptance',
      'adopted',
      'baseline',
      'data_migration',
      'data_migration_batch',
      'data_migration_scope',
      'dual_write',
      'fence',
      'lease',
      'ledger',
      'migration',
      'migration_statement',
      'quarantine',
      'release',
      'run',
      'statement_baseline',
    ]);
  });

  it('costs one query when the ledger is current', async () => {
    const database = await servers.createDatabase();
    const session = await database.connect();
    await createLedger(servers.system, session);
    let queries = 0;
    const counting = new Proxy(session, {
      get(target, property) {
        if (property === 'query') queries += 1;
        const value = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await createLedger(servers.system, counting);
    expect(queries).toBe(1);
  });

  it('refuses the ledger of a newer Onward', async () => {
    const database = await servers.createDatabase();
    const session = await database.connect();
    await createLedger(servers.system, session);
    await session.query('update onward.ledger set version = 99');
    for (const attempt of [createLedger(servers.system, session), loadLedger(session)]) {
      expect(await failure<OnwardError>(attempt)).toMatchObject({
        code: 'migrate.newer-ledger',
        message: 'Could not use the ledger: it has version 99, and this Onward knows versions up to 1.',
      });
    }
  });

  it('says which right the role lacks and how to give it', async () => {
    const database = await servers.createDatabase();
    const admin = await database.connect();
    const target = await targetOf(database.url.replace('postgres@', 'weak@'));
    const weak = await servers.system.postgres.connect(target, { applicationName: 'test' });
    const without = await failure<OnwardError>(createLedger(servers.system, weak));
    expect(without.message).toBe(
      `Could not create the ledger: role "weak" lacks the right CREATE on database "${database.name}".`,
    );
    expect(without.hint).toBe(
      `Run as the owner of the database: GRANT CREATE ON DATABASE "${database.name}" TO "weak";`,
    );
    await admin.query(without.hint.replace(/^[^:]*: /, ''));
    await createLedger(servers.system, weak);
    await admin.query('revoke all on schema onward from weak; alter schema onward owner to postgres');
    const hidden = await failure<OnwardError>(loadLedger(weak));
    expect(hidden.message).toBe(
      'Could not read the ledger: role "weak" lacks the right USAGE on schema onward and SELECT on its tables.',
    );
    await admin.query(hidden.hint.replace(/^[^:]*: /, ''));
    expect((await loadLedger(weak)).rows).toEqual([]);
    await weak.close();
  });
});

describe('observeMigrations()', () => {
  it('compares without creating anything', async () => {
    const database = await servers.createDatabase();
    const files = await database.read({ '0001_a.sql': 'create table a ();' });
    const status = await observeMigrations(servers.system, { database: 'core', target: database.target, files });
    expect(status).toEqual({
      database: 'core',
      applied: [],
      pending: [
        { path: '0001_a.sql', version: '', phase: 'expand', sequence: 1, name: 'a', checksum: files[0]?.checksum },
      ],
      drift: [],
      late: [],
      cosmetic: [],
      ahead: [],
      unfinished: [],
    });
    const { rows } = await (await database.connect()).query(`select from pg_namespace where nspname = 'onward'`);
    expect(rows).toEqual([]);
  });

  it('tells what is begun, edited, and covered by a baseline', async () => {
    const database = await servers.createDatabase();
    const a = { '1.1.0/expand/001_a.sql': 'create table a ();' };
    await database.apply(a);
    await failure(database.apply({ ...a, '1.1.0/expand/002_b.sql': 'vacuum;\nselect 1 / 0;' }));
    const session = await database.connect();
    await session.query(`insert into onward.baseline (database, version, source) values ('core', '1.0.0', 'test')`);
    const files = await database.read({
      '1.0.0/expand/001_old.sql': 'create table old ();',
      '1.1.0/expand/001_a.sql': 'create table b ();',
      '1.1.0/expand/002_b.sql': 'vacuum;\nselect 1 / 0;',
    });
    const status = await observeMigrations(servers.system, { database: 'core', target: database.target, files });
    expect(status).toMatchObject({
      applied: [],
      pending: [{ path: '1.1.0/expand/002_b.sql' }],
      drift: [{ path: '1.1.0/expand/001_a.sql', kind: 'edited' }],
      unfinished: [{ path: '1.1.0/expand/002_b.sql' }],
      baseline: '1.0.0',
    });
  });
});
