import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../model/index.ts';
import type { FileAssertion } from './assertions.ts';
import { failure, startTestServer, type TestDatabase, type TestServer, until } from './test-support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const VERIFY: FileAssertion = {
  name: 'data migration lines',
  table: 'orders',
  query: 'select count(*) from orders where total is not null and moved is null',
  hint: 'Run "onward data-migrate run lines", then the same command again.',
  record: (migration) => `insert into verified values ('${migration}')`,
};
const CONTRACT = { '1.1.0/contract/001_drop.sql': 'alter table orders drop column total;\n' };

async function createShop(): Promise<TestDatabase> {
  const database = await server.createDatabase();
  const session = await database.connect();
  await session.query('create table orders (id int primary key, total text, moved text)');
  await session.query("insert into orders select n, 'a', 'a' from generate_series(1, 1000) as n");
  await session.query('create table verified (migration text)');
  return database;
}

const contract = (database: TestDatabase, files: Readonly<Record<string, string>>, assertions = [VERIFY]) =>
  database.apply(files, { phases: ['contract'], assertions, lockBudgetMs: 200 });

async function columns(database: TestDatabase): Promise<readonly unknown[]> {
  const session = await database.connect();
  const { rows } = await session.query(
    `select attname as name from pg_attribute where attrelid = 'orders'::regclass and attnum > 0 and not attisdropped order by 1`,
  );
  return rows.map(({ name }) => name);
}

async function count(database: TestDatabase, sql: string): Promise<number> {
  const { rows } = await (await database.connect()).query<{ n: number }>(sql);
  return rows[0]?.n ?? -1;
}

describe('applyMigrations() with assertions', () => {
  it('applies the file when they count zero, and records it in its transaction', async () => {
    const database = await createShop();
    await contract(database, CONTRACT);
    expect(await columns(database)).toEqual(['id', 'moved']);
    expect(await (await database.connect()).query('select migration from verified').then(({ rows }) => rows)).toEqual([
      { migration: '1.1.0/contract/1' },
    ]);
  });

  it('applies nothing when they count a row, and leaves no lock', async () => {
    const database = await createShop();
    const session = await database.connect();
    await session.query("insert into orders values (2000, 'late', null)");
    const error = await failure<OnwardError>(contract(database, CONTRACT));
    expect(error).toMatchObject({ code: 'migrate.assertion-fails', state: 'unchanged' });
    expect(error.message).toContain('data migration lines counts 1 under its lock');
    expect(await columns(database)).toEqual(['id', 'moved', 'total']);
    expect(await database.ledger()).toEqual([]);
    expect(await count(database, 'select count(*)::int as n from verified')).toBe(0);
    await session.query("update orders set moved = 'x' where moved is null");
    await contract(database, CONTRACT);
    expect(await columns(database)).toEqual(['id', 'moved']);
  });

  it('counts what was committed while it waited for its lock', async () => {
    const database = await createShop();
    const writer = await database.connect();
    await writer.query('begin');
    await writer.query("insert into orders values (2000, 'late', null)");
    let isWaiting = false;
    const applying = failure<OnwardError>(
      database.apply(CONTRACT, {
        phases: ['contract'],
        assertions: [VERIFY],
        onEvent: ({ type }) => {
          isWaiting ||= type === 'migrate.waiting';
        },
      }),
    );
    await until('the file to wait', async () => isWaiting);
    await writer.query('commit');
    expect(await applying).toMatchObject({ code: 'migrate.assertion-fails' });
    expect(await columns(database)).toEqual(['id', 'moved', 'total']);
  });

  it('asks only for files that lock the table, or whose locks nobody can tell', async () => {
    const never: FileAssertion = { ...VERIFY, query: 'select 7' };
    const apply = async (sql: string) =>
      contract(await createShop(), { '1.1.0/contract/001_file.sql': `${sql};\n` }, [never]);
    await apply('alter table verified add column note text');
    for (const sql of [
      "do $$ begin execute 'alter table orders drop total'; end $$",
      'alter table public.orders drop column total',
      'drop table orders',
    ])
      expect(await failure(apply(sql)), sql).toMatchObject({ code: 'migrate.assertion-fails' });
  });

  it('asks again for each file, until the old shape is gone by one that was held to it', async () => {
    const database = await createShop();
    await contract(database, {
      '1.1.0/contract/001_check.sql': 'alter table orders add constraint short check (length(moved) < 9) not valid;\n',
      '1.1.0/contract/002_drop.sql': 'alter table orders drop column total;\n',
      '1.1.0/contract/003_drop.sql': 'alter table orders drop column id;\n',
    });
    expect(await columns(database)).toEqual(['moved']);
    // Without an earlier file it is no zero.
    const other = await createShop();
    const gone = { ...VERIFY, query: 'select count(*) from orders where nothing is null' };
    expect(await failure(contract(other, CONTRACT, [gone]))).toMatchObject({ code: 'migrate.assertion-refused' });
  });

  it('stops when the answer takes longer than the application may wait', async () => {
    const database = await createShop();
    const slow: FileAssertion = { ...VERIFY, query: 'select count(*) from orders, pg_sleep(30)' };
    const error = await failure<OnwardError>(contract(database, CONTRACT, [slow]));
    expect(error.code).toBe('migrate.assertion-too-slow');
    expect(error.hint).toContain('CREATE INDEX CONCURRENTLY');
    expect(await columns(database)).toEqual(['id', 'moved', 'total']);
  });

  it('lets the question write nothing, and takes a refusal for no', async () => {
    const database = await createShop();
    const writes: FileAssertion = {
      ...VERIFY,
      query: 'with gone as (delete from orders returning 1) select 0 from gone',
    };
    expect(await failure(contract(database, CONTRACT, [writes]))).toMatchObject({ code: 'migrate.assertion-refused' });
    const wrong: FileAssertion = { ...VERIFY, query: 'select count(*) from orders where nothing' };
    expect(await failure(contract(database, CONTRACT, [wrong]))).toMatchObject({ code: 'migrate.assertion-refused' });
    expect(await count(database, 'select count(*)::int as n from orders')).toBe(1000);
    // The file itself may write again behind it.
    const both = {
      '1.1.0/contract/001_drop.sql': 'delete from orders where id = 1;\nalter table orders drop column total;\n',
    };
    await contract(database, both);
    expect(await count(database, 'select count(*)::int as n from orders')).toBe(999);
  });

  it('takes rows that row-level security hides for a refusal', async () => {
    const database = await createShop();
    const session = await database.connect();
    await session.query(`do $$ begin if not exists (select from pg_roles where rolname = 'weak_owner')
      then create role weak_owner login; end if; end $$`);
    await session.query('alter table orders owner to weak_owner; alter table orders enable row level security');
    await session.query('alter table orders force row level security; create policy mine on orders using (id < 0)');
    await session.query('grant create on schema public to weak_owner; grant all on verified to weak_owner');
    await session.query(
      `do $$ begin execute format('grant create on database %I to weak_owner', current_database()); end $$`,
    );
    const target = { ...database.target, user: 'weak_owner' };
    const applying = database.apply(CONTRACT, { phases: ['contract'], assertions: [VERIFY], target });
    expect(await failure(applying)).toMatchObject({ code: 'migrate.assertion-refused' });
  });

  it('refuses a file without a transaction that locks the table, before anything', async () => {
    const database = await createShop();
    const files = { '1.1.0/contract/001_drop.notx.sql': 'alter table orders drop column total;\n' };
    expect(await failure(contract(database, files))).toMatchObject({ code: 'migrate.assertion-outside' });
    expect(await columns(database)).toEqual(['id', 'moved', 'total']);
  });
});
