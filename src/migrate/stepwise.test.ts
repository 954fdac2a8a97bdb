import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import {
  collectEvents,
  failure,
  startTestServer,
  type TestDatabase,
  type TestServer,
  targetOf,
  until,
} from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer({ settings: { max_connections: '60' } });
});
afterAll(() => servers.close());

async function createOrders(database: TestDatabase): Promise<Session> {
  const session = await database.connect('admin');
  await session.query('create table orders (id int primary key, code text, total numeric)');
  await session.query(`insert into orders select g, 'c' || g, g from generate_series(1, 100) g`);
  return session;
}

/** A transaction with an old snapshot: a concurrent build waits for it. */
async function holdSnapshot(database: TestDatabase): Promise<Session> {
  const session = await database.connect('reports');
  await session.query('begin isolation level repeatable read; select 1');
  return session;
}

async function indexes(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query<{ index: string }>(
    `select c.relname || case when i.indisvalid then '' else ' (invalid)' end as index
     from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'orders'::regclass and not i.indisprimary order by 1`,
  );
  return rows.map(({ index }) => index);
}

/** The process of ours that runs a statement like this. */
async function findRunner(admin: Session, like: string): Promise<number> {
  return until(`a session that runs ${like}`, async () => {
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'onward migrate' and state = 'active' and query ilike '${like}'
       and pid <> pg_backend_pid()`,
    );
    return rows[0]?.pid;
  });
}

const INDEX = 'create index concurrently orders_code on orders (code);';
const THREE = {
  '001_index.notx.sql': `alter table orders add column a int;\n${INDEX}\nalter table orders add column b int;`,
};

describe('a file without a transaction', () => {
  it('goes on at the statement where the server session was ended', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const snapshot = await holdSnapshot(database);
    const applying = failure<OnwardError>(database.apply(THREE));
    await until('the build', async () => (await indexes(admin)).includes('orders_code (invalid)'));
    await admin.query(`select pg_terminate_backend(${await findRunner(admin, 'create index concurrently%')})`);
    const error = await applying;
    expect(error).toMatchObject({ code: 'migrate.connection-lost', state: 'resumable', exit: 5 });
    expect(await indexes(admin)).toEqual(['orders_code (invalid)']);
    const { rows } = await admin.query('select ordinal, state from onward.migration_statement order by ordinal');
    expect(rows).toEqual([
      { ordinal: 1, state: 'done' },
      { ordinal: 2, state: 'intent' },
    ]);
    await snapshot.query('commit');
    const { events, onEvent } = collectEvents();
    await database.apply(THREE, { run: 'run-2', onEvent });
    expect(events.map(({ type }) => type)).toContain('migrate.invalid-index');
    expect(await indexes(admin)).toEqual(['orders_code']);
    expect(await database.ledger()).toEqual(['001_index.notx.sql']);
    const { rows: all } = await admin.query(
      'select ordinal, state, run from onward.migration_statement order by ordinal',
    );
    expect(all).toEqual([
      { ordinal: 1, state: 'done', run: 'run-1' },
      { ordinal: 2, state: 'done', run: 'run-2' },
      { ordinal: 3, state: 'done', run: 'run-2' },
    ]);
  });

  it('keeps what is done when a statement is refused, and says so', async () => {
    const database = await servers.createDatabase();
    await createOrders(database);
    const text = `alter table orders add column a int;\nvacuum orders;\nalter table orders add column a int;\n`;
    const error = await failure<OnwardError>(database.apply({ '001_a.sql': text }));
    expect(error.message).toBe(
      'Could not run 001_a.sql:3:1: column "a" of relation "orders" already exists (42701). Statements 1 to 2 of the file\'s 3 are in the database and recorded.',
    );
    expect(error).toMatchObject({ state: 'resumable', exit: 4 });
    // The statement that failed may be mended; those before it may not.
    const edited = await failure<OnwardError>(
      database.apply({ '001_a.sql': text.replace('column a int', 'column z int') }),
    );
    expect(edited.code).toBe('migrate.edited-unfinished');
    const mended = text.replace(/add column a int;\n$/, 'add column b int;\n');
    expect((await database.apply({ '001_a.sql': mended })).applied).toHaveLength(1);
  });

  it('sets the session up again when it is resumed', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query('create schema shop');
    const text = `set search_path = shop;\nvacuum;\nselect 1 / 0;\ncreate table items ();`;
    await failure(database.apply({ '001_a.sql': text }));
    await database.apply({ '001_a.sql': text.replace('1 / 0', '1 / 1') });
    const { rows } = await admin.query(
      `select relnamespace::regnamespace::text as schema from pg_class where relname = 'items'`,
    );
    expect(rows).toEqual([{ schema: 'shop' }]);
  });

  it('stops at an interrupted statement whose effect cannot be told, and says how to record or repeat it', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const files = {
      '001_do.sql': `-- onward:transaction none\ndo $$ begin update orders set total = total + 1; commit; perform pg_sleep(20); end $$;`,
    };
    const applying = failure<OnwardError>(database.apply(files));
    await admin.query(`select pg_terminate_backend(${await findRunner(admin, 'do %')})`);
    expect((await applying).code).toBe('migrate.connection-lost');
    const error = await failure<OnwardError>(database.apply(files));
    expect(error).toMatchObject({ code: 'migrate.unsure-statement', state: 'needs-operator', exit: 4 });
    expect(error.message).toContain('001_do.sql:2');
    const repair = /UPDATE [^;]*/.exec(error.hint)?.[0] ?? '';
    await admin.query(repair);
    expect((await database.apply(files)).applied).toHaveLength(1);
  });

  it('finishes a partition that was left half detached', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(
      'create table log (id int) partition by list (id); create table log_1 partition of log for values in (1)',
    );
    const reader = await database.connect('reports');
    await reader.query('begin isolation level repeatable read; select * from log');
    const files = { '001_detach.sql': 'alter table log detach partition log_1 concurrently;' };
    const applying = failure<OnwardError>(database.apply(files));
    await until('the partition to be detaching', async () => {
      const { rows } = await admin.query('select from pg_inherits where inhdetachpending');
      return rows.length > 0;
    });
    await admin.query(`select pg_terminate_backend(${await findRunner(admin, 'alter table log%')})`);
    await applying;
    await reader.query('commit');
    await database.apply(files);
    const { rows } = await admin.query(`select from pg_inherits where inhparent = 'log'::regclass`);
    expect(rows).toEqual([]);
  });

  it('takes a dropped index for dropped, and clears what an interrupted reindex has left', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query('create index old_code on orders (code)');
    const snapshot = await holdSnapshot(database);
    const files = {
      '001_reindex.sql': 'reindex table concurrently orders;',
      '002_drop.sql': 'drop index concurrently old_code;',
    };
    const applying = failure(database.apply(files));
    await until('a copy', async () => (await indexes(admin)).some((name) => name.includes('_ccnew')));
    await admin.query(`select pg_terminate_backend(${await findRunner(admin, 'reindex%')})`);
    await applying;
    await snapshot.query('commit');
    await database.apply({ '001_reindex.sql': files['001_reindex.sql'] });
    expect(await indexes(admin)).toEqual(['old_code']);
    await admin.query(
      `insert into onward.migration_statement (migration, ordinal, line, fingerprint, state, run)
       select '2', 1, 1, fingerprint, 'intent', 'dead' from (select '${await fingerprint(files['002_drop.sql'])}'::text) f (fingerprint)`,
    );
    await admin.query('drop index old_code');
    expect((await database.apply(files)).applied).toHaveLength(1);
  });
});

async function fingerprint(text: string): Promise<string> {
  const { loadSqlParser } = await import('../system/index.ts');
  return (await loadSqlParser()).fingerprint(text, 'test');
}

describe('CREATE INDEX CONCURRENTLY', () => {
  /** Leaves an invalid index of that definition, as a build that a time limit ended does. */
  async function leaveInvalid(database: TestDatabase, sql: string): Promise<void> {
    const snapshot = await holdSnapshot(database);
    const session = await database.connect();
    await session.query(`set statement_timeout = '300ms'`);
    await failure(session.query(sql));
    await snapshot.query('rollback');
  }

  it.each([
    ['plain', 'create index concurrently orders_code on orders (code);'],
    ['with IF NOT EXISTS', 'create index concurrently if not exists orders_code on orders (code);'],
    ['without a name', 'create index concurrently on orders (code);'],
  ])('repairs an invalid index: %s', async (_title, sql) => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await leaveInvalid(database, sql);
    expect((await indexes(admin))[0]).toMatch(/invalid/);
    await database.apply({ '001_index.sql': sql });
    expect(await indexes(admin)).toEqual([sql.includes('orders_code') ? 'orders_code' : 'orders_code_idx']);
  });

  it.each([
    [
      'create index orders_x on orders (code)',
      'create index concurrently orders_x on public.orders using btree (code asc nulls last)',
    ],
    [
      `create unique index orders_x on orders (lower(code), (total + 1)) include (id) where code <> 'x'`,
      `CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "orders_x" ON ONLY orders (lower(orders.code), (total + 1::int)) INCLUDE ("id") WHERE (code != 'x')`,
    ],
    [
      'create index orders_x on orders (code text_pattern_ops desc)',
      'create index concurrently orders_x on orders (code text_pattern_ops desc)',
    ],
  ])('takes a valid index with the same definition: %s', async (existing, wanted) => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(existing);
    const { rows: before } = await admin.query(`select 'orders_x'::regclass::oid as oid`);
    await database.apply({ '001_index.sql': wanted });
    const { rows: after } = await admin.query(`select 'orders_x'::regclass::oid as oid`);
    expect(after).toEqual(before);
  });

  it.each([
    'create index orders_x on orders (total)',
    'create unique index orders_x on orders (code)',
    'create index orders_x on orders using hash (code)',
    'create index orders_x on orders (code desc)',
    'create index orders_x on orders (code text_pattern_ops)',
    'create index orders_x on orders (code collate "C" )',
    'create index orders_x on orders (code) where total > 1',
    'create index orders_x on orders (code) include (total)',
    'create index orders_x on orders (code) with (fillfactor = 70)',
  ])('refuses another definition under that name: %s', async (existing) => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(existing);
    const sql = 'create index concurrently if not exists orders_x on orders (code)';
    const error = await failure<OnwardError>(database.apply({ '001_index.sql': `${sql};` }));
    expect(error.message).toBe(
      'Could not run 001_index.sql:1: there is an index orders_x already, and it is defined differently.',
    );
    expect(error.detail).toContain(`wanted: ${sql}\nfound:  CREATE`);
    expect(await indexes(admin)).toEqual(['orders_x']);
  });

  it('says what it needs to compare definitions', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(`create role weak login; grant create on database ${database.name} to weak; alter table orders owner to weak;
      create index orders_code on orders (code); revoke temporary on database ${database.name} from public`);
    const target = await targetOf(database.url.replace('postgres@', 'weak@'));
    const error = await failure<OnwardError>(database.apply({ '001_index.sql': INDEX }, { target }));
    expect(error).toMatchObject({ code: 'migrate.index-not-comparable', state: 'needs-operator' });
    expect(error.hint).toContain(`GRANT TEMPORARY ON DATABASE "${database.name}"`);
  });

  it('waits for the same build of another session, such as one that a killed run has left', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    const snapshot = await holdSnapshot(database);
    const other = await database.connect('left behind');
    const building = other.query(INDEX);
    await until('the build', async () => (await indexes(admin)).includes('orders_code (invalid)'));
    const { events, onEvent } = collectEvents();
    const applying = database.apply({ '001_index.sql': INDEX }, { onEvent });
    await until('progress of the other build', async () => events.some(({ type }) => type === 'migrate.progress'));
    await snapshot.query('commit');
    await building;
    await applying;
    expect(await indexes(admin)).toEqual(['orders_code']);
  });

  it('leaves no index behind when rows are not unique, and can be run again once they are', async () => {
    const database = await servers.createDatabase();
    const admin = await createOrders(database);
    await admin.query(`update orders set code = 'same' where id < 3`);
    const files = { '001_unique.sql': 'create unique index concurrently orders_code on orders (code);' };
    const error = await failure<OnwardError>(database.apply(files));
    expect(error.message).toContain('could not create unique index "orders_code" (23505)');
    expect(error.detail).toContain('detail: Key (code)=(same) is duplicated.');
    expect(await indexes(admin)).toEqual([]);
    await admin.query(`update orders set code = id::text`);
    await database.apply(files);
    expect(await indexes(admin)).toEqual(['orders_code']);
  });
});
