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

  it('gives the error of the server, and the session goes on', async () => {
    await expect(session.describe('select nothing from item')).rejects.toMatchObject({ code: '42703', position: 8 });
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await session.describe('select 1 as one')).columns).toHaveLength(1);
  });
});
