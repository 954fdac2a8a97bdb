import { describe, expect, it } from 'vitest';
import type { SqlDataMigration } from '../model/index.ts';
import { loadSqlParser } from '../system/index.ts';
import { checkDeclaration } from './check-declaration.ts';
import { SPLIT_NAMES } from './test-support.ts';

async function problemsOf(more: Partial<SqlDataMigration>): Promise<readonly string[]> {
  const found = checkDeclaration(await loadSqlParser(), { ...SPLIT_NAMES, ...more });
  return found.map(({ key, problem }) => `${key} ${problem}`);
}

function insert(select: string): Partial<SqlDataMigration> {
  return { change: { kind: 'insert', into: 'line', columns: ['id'], select } };
}

describe('checkDeclaration()', () => {
  it('passes what can touch nothing outside of its range', async () => {
    const good = [
      {},
      insert('select id from batch'),
      insert('select b.id from batch as b, lateral jsonb_array_elements(b.lines) as l -- all'),
      insert('with wide as (select id from batch) select id from wide order by id'),
      insert('select id from batch where id in (select id from other limit 1)'),
    ];
    for (const one of good) expect(await problemsOf(one), JSON.stringify(one)).toEqual([]);
  });

  it('refuses an INSERT whose rows do not come from the range alone', async () => {
    const wrong: readonly [string, string][] = [
      ['select id from customer', 'does not read from batch, which is the rows of the range'],
      ['select id from other.batch', 'does not read from batch, which is the rows of the range'],
      ['select 1', 'is not one SELECT from batch'],
      ['values (1)', 'is not one SELECT from batch'],
      ['select id from batch union select id from customer', 'is not one SELECT from batch'],
      ['select id from batch limit 10', 'leaves rows out by LIMIT or OFFSET'],
      ['select id from batch for update', 'locks rows'],
      ['select id from batch where id in (select id from other for share)', 'locks rows'],
      ['with gone as (delete from customer returning id) select id from batch', 'writes: it holds DELETE on customer'],
      [
        'with batch as (select 1 as id) select id from batch',
        'gives the name "batch", which is the rows of the range, to something else',
      ],
      ['select id into copy from batch', 'makes a table by SELECT INTO'],
      ['select id from batch; drop table customer', 'holds more than one statement'],
    ];
    for (const [select, problem] of wrong)
      expect(await problemsOf(insert(select)), select).toEqual([`insert.select ${problem}`]);
    expect((await problemsOf(insert('select id from batch on conflict do update')))[0]).toContain('is not SQL');
  });

  it('tells of every key at once', async () => {
    const found = await problemsOf({
      change: { kind: 'update', set: "first = '' where true" },
      where: 'true limit 1',
      verify: 'delete from customer',
      throttle: { query: 'select 1; select 2', below: 1 },
    });
    expect(found).toEqual([
      'set is not a SET clause alone',
      'where is not one condition alone',
      'verify is not a SELECT',
      'throttle.query holds more than one statement',
    ]);
  });
});
