import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../system/index.ts';
import { refuseQuery } from './reading-query.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

describe('refuseQuery()', () => {
  it('takes one query of any form', () => {
    for (const text of [
      'select 1',
      'select count(*) from orders where id in (select 1 union values (2)); -- all',
      'with old as (select \'into\' as "ParamRef") table old',
      'values (1)',
    ])
      expect([text, refuseQuery(parser, text)]).toEqual([text, undefined]);
  });

  it('refuses what is none, is several, or does more than read by its form', () => {
    for (const [text, why] of [
      ['', 'it holds no statement'],
      ['select 1; select 2', 'it holds more than one statement'],
      ['update orders set a = 1', 'it is not a SELECT'],
      ['explain analyze delete from orders', 'it is not a SELECT'],
      ['with gone as (delete from orders returning id) select count(*) from gone', 'it deletes'],
      ['with gone as (insert into orders values (1) returning id) select 1 from gone', 'it inserts'],
      ['select 1 into made', 'it makes a table'],
      ['select id from orders for update', 'it locks rows'],
      ['select (select id from orders for share)', 'it locks rows'],
      ['select $1', 'it has a parameter'],
      ['select 1)', 'syntax error at or near ")"'],
    ] as const)
      expect([text, refuseQuery(parser, text)]).toEqual([text, why]);
  });
});
