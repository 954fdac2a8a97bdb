import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../../../system/index.ts';
import { checkStatements } from '../../check-statements.ts';
import type { LintFile } from '../../lint-file.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

const ORDERS =
  'create table orders (id integer primary key, code varchar(20)); create index orders_code on orders (code);';

/** The style rules that find something, each once, in the order of the alphabet. */
function styleRules(sql: string, options: Partial<LintFile> = {}): readonly string[] {
  const base = { layout: 'plain', database: '', release: '', order: '1', phase: 'expand', isNotx: false } as const;
  const files: readonly LintFile[] = [ORDERS, sql].map((text, index) => ({
    ...base,
    path: `${index}.sql`,
    text,
    statements: parser.split(text, 'test.sql'),
    isTransactional: true,
    isShipped: index === 0,
    ...options,
  }));
  const { findings } = checkStatements(
    [
      { ...(files[0] as LintFile), isShipped: true },
      { ...(files[1] as LintFile), isShipped: false },
    ],
    {
      parser,
      server: 15,
    },
  );
  return [...new Set(findings.filter((finding) => finding.class === 'style').map(({ rule }) => rule))].sort();
}

describe('a new column', () => {
  it.each([
    ['a smallint generated always as identity', ['bigint-keys']],
    ["a int default nextval('s')", ['bigint-keys']],
    ['a bigserial', ['identity-over-serial']],
    ['a serial4', ['bigint-keys', 'identity-over-serial']],
    ['a int', []],
    ['a timestamp(3)', ['timestamptz']],
    ['a timestamp[]', ['timestamptz']],
    ['a time', []],
    ['a char(3)', ['text-over-char']],
    ['a char', []],
    ['a varchar(3)', []],
    ['a json', ['jsonb-over-json']],
    ['a json[]', ['jsonb-over-json']],
    ['a jsonb', []],
    ['a date check (a > current_date)', ['volatile-check']],
    ['a date check (a > date $$2020-01-01$$)', []],
    [`a${'x'.repeat(62)} int`, []],
    [`a${'x'.repeat(63)} int`, ['long-identifier']],
    [`"a ${'é'.repeat(31)}" int`, ['long-identifier']],
  ] as const)('is found or not by its type: %s', (column, rules) => {
    expect(styleRules(`create table t (id bigint primary key, ${column})`)).toEqual(rules);
    expect(styleRules(`alter table orders add column ${column}`)).toEqual(rules);
  });

  it('is not judged again when it was there before', () => {
    expect(styleRules('create table if not exists orders (id serial primary key)')).toEqual([]);
    expect(styleRules('alter table orders alter column code type char(5)')).toEqual([]);
  });
});

describe('a name', () => {
  it('may be long in a string, which nobody cuts', () => {
    expect(styleRules(`comment on table orders is '${'x'.repeat(63)}'`)).toEqual([]);
    expect(styleRules(`insert into orders values (1, '${'x'.repeat(80)}')`)).toEqual([]);
  });

  it('is found wherever it is given', () => {
    const long = 'n'.repeat(70);
    expect(styleRules(`alter table orders add constraint ${long} check (id > 0) not valid`)).toEqual([
      'long-identifier',
    ]);
    expect(styleRules(`alter table orders rename to ${long}`)).toEqual(['long-identifier']);
    expect(styleRules(`create function ${long}() returns int language sql as 'select 1'`)).toEqual(['long-identifier']);
  });
});

describe('a new table', () => {
  it.each([
    ['create table t (a int)', ['table-without-primary-key']],
    ['create table t (a int unique)', []],
    ['create table t (a int); create unique index on t (a)', []],
    ['create table t (a int); alter table t add constraint t_pkey primary key (a)', []],
    ['create table t (like orders including all)', []],
    ['create table t () inherits (orders)', []],
    ['create table t as select 1 as a', []],
    ['create unlogged table t (a int)', ['table-without-primary-key']],
  ] as const)('needs a key of its own: %s', (sql, rules) => {
    expect(styleRules(sql)).toEqual(rules);
  });

  it.each([
    ['a int references orders', ['foreign-key-without-index']],
    ['a int references orders unique', []],
    ['a int, b int, foreign key (a) references orders, unique (a, b)', []],
    ['a int, b int, foreign key (a) references orders, unique (b, a)', ['foreign-key-without-index']],
    ['a int references orders); create index on t (a', []],
    ['a int references orders); create index on orders (id', ['foreign-key-without-index', 'redundant-index']],
    ['a smallint references orders unique', ['foreign-key-type-mismatch']],
    ['a bigint references orders unique', []],
    ['a numeric references orders unique', ['foreign-key-type-mismatch']],
    ['a int references elsewhere unique', []],
  ] as const)('needs an index and the type of its parent: %s', (columns, rules) => {
    expect(styleRules(`create table t (id bigint primary key, ${columns})`)).toEqual(rules);
  });
});

describe('a new index', () => {
  it.each([
    ['create index on orders (code)', ['redundant-index']],
    ['create index on orders (code, id)', []],
    ['create index on orders (id)', ['redundant-index']],
    ['create unique index on orders (code)', []],
    ['create index on orders (code) where id > 5', []],
    ['create index on orders using hash (code)', []],
    ['create index on orders (code desc)', []],
    ['create index on orders (lower(code))', []],
    ['create index again on orders (code); drop index orders_code', []],
  ] as const)('is needless when another begins with its columns: %s', (sql, rules) => {
    expect(styleRules(sql)).toEqual(rules);
  });
});

describe('a function and a right', () => {
  it.each([
    ["create function f() returns int language sql security definer as 'select 1'", ['security-definer-search-path']],
    [
      "create function f() returns int language sql security definer as 'select 1'; alter function f() set search_path = ''",
      [],
    ],
    ['create function f() returns int language sql security definer begin atomic select 1; end', []],
    ["create procedure f() language sql security definer as 'select 1'", ['security-definer-search-path']],
    ['alter function f() security invoker', []],
    ['grant execute on function f() to public', []],
    ['grant all on orders to public', ['grant-to-public']],
    ['grant usage on schema public to public', ['grant-to-public']],
    ['grant select on orders to app', []],
    ['revoke all on orders from public', []],
  ] as const)('says who decides: %s', (sql, rules) => {
    expect(styleRules(sql)).toEqual(rules);
  });
});

describe('a file without a transaction', () => {
  const sql =
    'create table t (id bigint primary key); alter table orders add column a int; create index concurrently on t (id desc)';

  it('is one that can be run again, unless each statement is recorded', () => {
    expect(styleRules(sql, { isTransactional: false })).toEqual(['repeatable-statements']);
    expect(styleRules(sql, { isTransactional: false, layout: 'onward' })).toEqual([]);
    expect(styleRules(sql)).toEqual([]);
  });
});
