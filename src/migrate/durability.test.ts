import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import type { ApplyOptions } from './apply.ts';
import { failure, startTestServer, type TestDatabase, type TestServer, until } from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  // What no commit has waited for is not on disk for ten seconds, so a crash does lose it.
  servers = await startTestServer({ isDurable: true, settings: { wal_writer_delay: '10s', autovacuum: 'off' } });
});
afterAll(() => servers.close());

const FILES = {
  '001_a.sql': 'create table a ();',
  '002_b.sql': 'create table b ();\ncreate table b2 ();',
  '003_c.sql': 'create table c ();',
};

/** Ends the server as a power cut would, and starts it again. */
async function crash(): Promise<void> {
  await servers.server.stop('immediate');
  await servers.server.start();
}

async function tables(database: TestDatabase): Promise<readonly string[]> {
  const session = await database.connect();
  const { rows } = await session.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Applies files of which the last one brings the end, and crashes the server when the call has come back. */
async function crashAfter(database: TestDatabase, last: string, options: Partial<ApplyOptions> = {}): Promise<unknown> {
  const outcome = await database.apply({ ...FILES, '004_last.sql': last }, options).catch((error: unknown) => error);
  await crash();
  return outcome;
}

describe('what a run has applied', () => {
  it('outlives a crash of the server right after the run has reported it', async () => {
    const database = await servers.createDatabase();
    await database.apply(FILES);
    await crash();
    expect(await database.ledger()).toEqual(Object.keys(FILES));
    expect(await tables(database)).toEqual(['a', 'b', 'b2', 'c']);
  });

  it('outlives it where commits wait for nothing by default, and where the last file asks for that', async () => {
    const database = await servers.createDatabase();
    const admin = await database.connect();
    await admin.query(`alter database ${database.name} set synchronous_commit = off`);
    await crashAfter(database, 'set synchronous_commit = off; create table d ();');
    expect(await tables(database)).toEqual(['a', 'b', 'b2', 'c', 'd']);
  });

  it('outlives it when the run has ended in an error', async () => {
    const database = await servers.createDatabase();
    const error = await crashAfter(database, 'select nope;');
    expect(error).toMatchObject({ code: 'migrate.statement-failed', state: 'resumable' });
    expect(await database.ledger()).toEqual(Object.keys(FILES));
  });

  it('outlives it when the run was interrupted', async () => {
    const database = await servers.createDatabase();
    const abort = new AbortController();
    const beforeFile: ApplyOptions['beforeFile'] = async ({ sequence }) => {
      if (sequence === 4) abort.abort(new Error('stopped by hand'));
    };
    const error = await crashAfter(database, 'select 1;', { beforeFile, signal: abort.signal });
    expect(error).toMatchObject({ message: 'stopped by hand' });
    expect(await database.ledger()).toEqual(Object.keys(FILES));
  });

  it('outlives it before a file without a transaction is begun', async () => {
    const database = await servers.createDatabase();
    let isAtLast = false;
    const beforeFile: ApplyOptions['beforeFile'] = async ({ transactional }) => {
      isAtLast = !transactional;
      if (isAtLast) await crash();
    };
    const error = await failure<OnwardError>(database.apply({ ...FILES, '004_v.sql': 'vacuum a;' }, { beforeFile }));
    expect(isAtLast).toBe(true);
    expect(error.message).toMatch(/the 3 files before it are applied\.$/);
    expect(await database.ledger()).toEqual(Object.keys(FILES));
  });

  it('outlives it file by file where somebody notes each of them', async () => {
    const database = await servers.createDatabase();
    const noted: string[] = [];
    const afterFile: ApplyOptions['afterFile'] = async ({ path, sequence }) => {
      noted.push(path);
      if (sequence === 2) await crash();
    };
    await failure(database.apply(FILES, { afterFile }));
    expect(noted).toEqual(['001_a.sql', '002_b.sql']);
    expect(await database.ledger()).toEqual(noted);
  });
});

describe('a synchronous replica', () => {
  it('is waited for once, at the end of the run', async () => {
    const database = await servers.createDatabase();
    await database.apply({ '000_first.sql': 'select 1;' });
    const admin = await database.connect();
    await admin.query(`alter system set synchronous_standby_names = 'replica'`);
    await admin.query('select pg_reload_conf()');
    const applying = database.apply({ '000_first.sql': 'select 1;', ...FILES });
    try {
      await until('the commit that waits for it', async () => {
        const { rows } = await admin.query(`select from pg_stat_activity where wait_event = 'SyncRep'`);
        return rows.length > 0;
      });
      expect(await database.ledger()).toEqual(['000_first.sql', '001_a.sql', '002_b.sql']);
    } finally {
      await admin.query('alter system reset synchronous_standby_names');
      await admin.query('select pg_reload_conf()');
    }
    expect((await applying).applied).toHaveLength(3);
  });
});

describe('a server that crashes in the middle of a run', () => {
  it('may lose the last files as wholes, says so, and the next run applies them', async () => {
    const database = await servers.createDatabase();
    const beforeFile: ApplyOptions['beforeFile'] = async ({ sequence }) => {
      if (sequence === 3) await crash();
    };
    const error = await failure<OnwardError>(database.apply(FILES, { beforeFile }));
    expect(error).toMatchObject({ code: 'migrate.connection-lost', state: 'resumable', exit: 5 });
    expect(error.message).toMatch(/the 2 files before it are applied, unless the server itself has crashed\.$/);
    const kept = await database.ledger();
    expect(Object.keys(FILES).slice(0, kept.length)).toEqual(kept);
    expect(await tables(database)).toEqual(['a', 'b', 'b2'].slice(0, kept.length === 2 ? 3 : kept.length));
    const { applied } = await database.apply(FILES);
    expect(applied.map(({ file }) => file.path)).toEqual(Object.keys(FILES).slice(kept.length));
    expect(await tables(database)).toEqual(['a', 'b', 'b2', 'c']);
  });
});
