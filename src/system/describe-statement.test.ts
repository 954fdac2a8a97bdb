import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from './index.ts';

let server: EmbeddedPostgres;
let session: Session;
beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  const target = await resolveConnectionTarget({ url: `${server.url}/postgres`, origin: 'the test', environment: {} });
  const system = createSystem({ environment: {}, onEvent: () => {} });
  session = await system.postgres.connect(target, { applicationName: 'test' });
  await session.query('create table item (id int, name varchar(20)); insert into item values (1, null)');
});
afterAll(async () => {
  await session?.close();
  await server?.remove();
});

describe('describe()', () => {
  it('tells the types of parameters and columns without running the statement', async () => {
    expect(await session.describe('delete from item where id = $1 and name = $2 returning name, id as n')).toEqual({
      parameterTypes: [23, 25],
      columns: [
        { name: 'name', typeOid: 1043, typeModifier: 24 },
        { name: 'n', typeOid: 23, typeModifier: -1 },
      ],
    });
    expect((await session.query('select from item')).count).toBe(1);
  });

  it('tells a statement that gives no rows, and one that takes nothing', async () => {
    expect(await session.describe('update item set id = 2')).toEqual({ parameterTypes: [], columns: [] });
  });

  it('keeps a named statement prepared', async () => {
    await session.describe('select id + $1 as sum from item', 'sum');
    expect((await session.query('execute sum(41)')).rows).toEqual([{ sum: 42 }]);
  });

  it('tells of many at once, and what each refused one is refused with', async () => {
    const texts = [
      'select id from item',
      'select nothing',
      'update item set id = $1',
      'select from nowhere',
      'select 1',
    ];
    const many = Array.from({ length: 30 }, () => texts).flat();
    const described = await session.describeAll(many.map((sql) => ({ sql, name: '' })));
    const told = described.map((one) => ('code' in one ? one.code : one.columns.length + one.parameterTypes.length));
    expect(told).toEqual(Array.from({ length: 30 }, () => [1, '42703', 1, '42P01', 1]).flat());
  });

  it('gives the error of the server, and the session goes on', async () => {
    await expect(session.describe('select nothing from item')).rejects.toMatchObject({ code: '42703', position: 8 });
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await session.describe('select 1 as one')).columns).toHaveLength(1);
  });
});

describe('script()', () => {
  it('counts the rows of each statement', async () => {
    const text = "begin; insert into item values (2), (3); update item set name = 'x'; select * from item; ; rollback";
    expect(await session.script(text)).toEqual({ counts: [0, 2, 3, 3, 0] });
  });

  it('gives the counts before the refused statement, and what it was refused with', async () => {
    const { counts, error } = await session.script('select 1; select * from item; select 1 / 0; select 2');
    expect(counts).toEqual([1, 1]);
    expect(error).toMatchObject({ code: '22012' });
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('throws when the connection is lost', async () => {
    const target = await resolveConnectionTarget({ url: `${server.url}/postgres`, origin: 'test', environment: {} });
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const other = await system.postgres.connect(target, { applicationName: 'test' });
    const running = expect(other.script('select pg_sleep(60)')).rejects.toMatchObject({ code: '57P01' });
    await session.query('select pg_terminate_backend($1)', [other.backendPid]);
    await running;
  });
});
