import { describe, expect, it } from 'vitest';
import { loadSqlParser } from '../../system/index.ts';
import { createSchemaModel } from '../schema-model/create-schema-model.ts';
import type { Effects } from './effects.ts';
import { predictEffects } from './predict-effects.ts';

const parser = await loadSqlParser();

/** What is foreseen of the last statement after the others, which are all that is known of the database. */
function foresee(sql: string, options: { readonly isComplete?: boolean } = {}): Effects {
  const builder = createSchemaModel(options);
  const statements = parser.split(sql, 'text.sql');
  const last = statements.at(-1);
  if (!last) throw new Error('The text holds no statement');
  builder.startGroup('before');
  for (const { node } of statements.slice(0, -1)) builder.apply(node);
  return predictEffects(last, builder.model, { server: 15, parser });
}

const lockOn = (relation: string) => [{ relation, mode: 'AccessExclusiveLock' }];

describe('predictEffects() of tables that no file has made', () => {
  it('takes them to be in public', () => {
    expect(foresee('alter table orders add column a int')).toEqual({
      locks: lockOn('public.orders'),
      rewrites: [],
      indexBuilds: [],
      scans: [],
      unknown: [],
    });
    expect(foresee('alter table app.orders add column a int').locks).toEqual(lockOn('app.orders'));
  });

  it('knows that they are not there when the baseline says all there is', () => {
    expect(foresee('alter table orders add column a int', { isComplete: true }).locks).toEqual([]);
  });

  it.each([
    [
      'alter table orders alter a type bigint',
      'whether the rows of public.orders are written anew: the type of a is not known',
    ],
    [
      'alter table orders add primary key using index i',
      'whether the columns of the index i may be null, which reads all of public.orders',
    ],
    ['drop table orders', 'which foreign keys of other tables public.orders takes part in'],
    ['drop index orders_a', 'which table the index orders_a belongs to'],
    ['alter domain amount add check (value > 0)', 'which tables have a column of the type amount'],
    ['alter table orders add column a amount', 'whether the type amount is a domain with a constraint'],
    [
      'alter table orders add column a int default next_number()',
      'whether the default, which calls next_number(), is the same for every row',
    ],
    [
      'alter table orders validate constraint c',
      'whether c of public.orders is a foreign key, whose other side is read as well',
    ],
  ])('says what it cannot tell of: %s', (sql, why) => {
    expect(foresee(sql).unknown).toContain(why);
  });

  it('reads the whole table for a NOT NULL that no known check proves, and says so', () => {
    const effects = foresee('alter table orders alter a set not null');
    expect(effects.scans).toEqual(['public.orders']);
    expect(effects.unknown).toHaveLength(1);
  });
});

describe('predictEffects() of what can be anything', () => {
  it.each([
    ['create table t (a int); drop table t cascade', 'what else the CASCADE drops, and on which tables'],
    ['create table t (a int); alter table t drop column a cascade', 'what else the CASCADE on public.t drops'],
    ['drop extension postgis', 'what the extension has made'],
    [`select create_hypertable('t', 'at')`, 'what the function create_hypertable() does'],
    ['call maintain()', 'what the function maintain() does'],
    [
      `do $$ begin execute format('drop table %I', 't'); end $$`,
      'what the DO block runs with EXECUTE in its line 1: the statement is put together when it runs',
    ],
    ['do language plpython3u $$ pass $$', 'what the DO block in plpython3u does'],
    [`do $$ begin execute 'no SQL'; end $$`, 'what line 1 of the DO block does: it cannot be read'],
    ['do $$ this is no block $$', 'what the DO block does: its body cannot be read'],
    ['reindex schema app', 'which tables have their indexes built again'],
    ['vacuum full', 'which tables there are: every one is written anew'],
    ['execute prepared', 'what the prepared statement does'],
  ])('says so: %s', (sql, why) => {
    expect(foresee(sql).unknown).toContain(why);
  });

  it('does not read a body without the parser', () => {
    const [statement] = parser.split('do $$ begin drop table t; end $$', 'text.sql');
    if (!statement) throw new Error('There is a statement');
    const { model } = createSchemaModel();
    expect(predictEffects(statement, model, { server: 15 }).unknown).toEqual([
      'what the DO block does: its body cannot be read',
    ]);
  });
});

describe('predictEffects() of bodies', () => {
  it('reads plain statements and constant texts, whatever the conditions around them', () => {
    const { locks, scans, unknown } = foresee(`
      create table t (a int, b int);
      do $$ begin
        if exists (select from t) then alter table t alter a set not null; end if;
        execute 'alter table t alter b set not null';
      exception when others then lock table t in share mode; end $$`);
    expect([locks, scans, unknown]).toEqual([lockOn('public.t'), ['public.t'], []]);
  });

  it('leaves out what the body makes itself', () => {
    expect(foresee('do $$ begin create table made (a int); alter table made add column b int; end $$').locks).toEqual(
      [],
    );
  });

  it('follows functions that earlier files have made, and ends where one calls itself', () => {
    const { locks, unknown } = foresee(`
      create table t (a int);
      create function inner_f() returns void language sql as 'alter table t add column b int; select outer_f()';
      create function outer_f() returns void language plpgsql as $$ begin perform inner_f(); end $$;
      select outer_f()`);
    expect([locks, unknown]).toEqual([lockOn('public.t'), []]);
  });
});
