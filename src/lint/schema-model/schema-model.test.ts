import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../../system/index.ts';
import { createSchemaModel } from './create-schema-model.ts';
import type { SchemaModel } from './schema-model.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

/** Old statements first, then those of one new file. */
function modelOf(before: string, sql = ''): SchemaModel {
  const builder = createSchemaModel();
  for (const { node } of parser.split(before, 'before.sql')) builder.apply(node);
  builder.startGroup('new.sql');
  builder.startFile();
  for (const { node } of parser.split(sql, 'new.sql')) builder.apply(node);
  return builder.model;
}

const table = (model: SchemaModel, name: string) => model.findTable({ name });

describe('createSchemaModel()', () => {
  it('knows columns with their types as Postgres writes them', () => {
    const model =
      modelOf(`create table t (id bigserial primary key, a varchar(20) not null default 'x', b numeric(6,2)[], c timestamptz(3),
      d interval day to second(3), e int generated always as identity, f text collate "C", g audit.level, h numeric(5))`);
    const columns = [...(table(model, 't')?.columns.values() ?? [])];
    expect(columns.map(({ name, type, isNotNull }) => `${name} ${type}${isNotNull ? ' not null' : ''}`)).toEqual([
      'id bigint not null',
      'a character varying(20) not null',
      'b numeric(6,2)[]',
      'c timestamp(3) with time zone',
      'd interval day to second(3)',
      'e integer not null',
      'f text',
      'g audit.level',
      'h numeric(5,0)',
    ]);
    expect(columns.map(({ generated }) => generated).filter(Boolean)).toEqual(['identity']);
  });

  it('tells new tables from old ones, until the next file begins', () => {
    const builder = createSchemaModel();
    const apply = (sql: string) => parser.split(sql, 'x.sql').forEach(({ node }) => void builder.apply(node));
    apply('create table old ()');
    builder.startGroup('1.sql');
    apply('create table fresh (a int unique); create index i on fresh (a); alter index i rename to j');
    expect(builder.model.findTable({ name: 'old' })?.isNew).toBe(false);
    expect(builder.model.findTable({ name: 'fresh' })?.isNew).toBe(true);
    expect(builder.model.findIndex({ name: 'j' })?.isNew).toBe(true);
    builder.startGroup('2.sql');
    expect(builder.model.findTable({ name: 'fresh' })?.isNew).toBe(false);
    expect(builder.model.findIndex({ name: 'j' })?.isNew).toBe(false);
    expect(builder.model.findIndex({ name: 'fresh_a_key' })?.isNew).toBe(false);
  });

  it('names constraints and indexes as Postgres does', () => {
    const model =
      modelOf(`create table t (id int primary key, a int unique check (a > 0), p int references p (id), unique (a, p), check (a > p));
      create index on t (lower('x'), a)`);
    expect([...(table(model, 't')?.constraints.keys() ?? [])]).toEqual([
      't_pkey',
      't_a_key',
      't_a_check',
      't_p_fkey',
      't_a_p_key',
      't_a_p_check',
    ]);
    expect([...(table(model, 't')?.indexes.keys() ?? [])]).toEqual(['t_pkey', 't_a_key', 't_a_p_key', 't_expr_a_idx']);
    expect(table(model, 't')?.constraints.get('t_p_fkey')).toMatchObject({
      references: 'public.p',
      referencedColumns: ['id'],
    });
  });

  it('follows what ALTER TABLE does', () => {
    const model = modelOf(
      'create table t (a int, b text, c int, d int)',
      `alter table t add column e int default 1, alter b type varchar(9), alter c set not null, drop column d;
       alter table t add constraint n check (a is not null and b is not null) not valid;
       alter table t rename column a to z; alter table t rename to u; alter table u set schema app; alter table app.u enable row level security`,
    );
    const found = model.findTable({ schema: 'app', name: 'u' });
    expect([...(found?.columns.keys() ?? [])]).toEqual(['z', 'b', 'c', 'e']);
    expect(found?.columns.get('b')?.type).toBe('character varying(9)');
    expect(found?.columns.get('c')?.isNotNull).toBe(true);
    expect(found?.constraints.get('n')).toMatchObject({ isValid: false, provesNotNull: ['z', 'b'] });
    expect(found?.hasRowSecurity).toBe(true);
  });

  it('hands changes down to partitions, and indexes to them', () => {
    const model = modelOf(
      'create table p (k int) partition by list (k); create table p_1 partition of p for values in (1)',
      'alter table p add column a int; create index on p (a); create table loose (k int, a int); alter table p attach partition loose for values in (2)',
    );
    expect([...(table(model, 'p_1')?.columns.keys() ?? [])]).toEqual(['k', 'a']);
    expect([...(table(model, 'p_1')?.indexes.keys() ?? [])]).toEqual(['p_1_a_idx']);
    expect(table(model, 'loose')).toMatchObject({ isPartition: true, parents: ['public.p'] });
  });

  it('forgets what is dropped', () => {
    const model = modelOf(
      "create table a (id int primary key); create table b (a_id int references a); create index i on b (a_id); create type m as enum ('x')",
      'drop index i; drop table a cascade; drop type m',
    );
    expect(table(model, 'a')).toBeUndefined();
    expect([...(table(model, 'b')?.constraints.keys() ?? [])]).toEqual([]);
    expect([...(table(model, 'b')?.indexes.keys() ?? [])]).toEqual([]);
    expect(model.findType({ name: 'm' })).toBeUndefined();
  });

  it('knows enums, domains and functions', () => {
    const model = modelOf(
      `create type m as enum ('a', 'c'); create domain d as int; create domain e as text check (value <> '')`,
      `alter type m add value 'b' before 'c'; alter type m rename value 'a' to 'z'; alter domain d add constraint x check (value > 0);
       create function f(a int, out b text) language sql stable as 'select 1'`,
    );
    expect(model.findType({ name: 'm' })?.values).toEqual(['z', 'b', 'c']);
    expect(model.findType({ name: 'd' })).toMatchObject({ isConstrained: true, baseType: 'integer', isNew: false });
    expect(model.findType({ name: 'e' })?.isConstrained).toBe(true);
    expect(model.findFunction({ name: 'f' })).toMatchObject([
      { volatility: 'stable', argumentTypes: ['integer'], isNew: true },
    ]);
  });

  it('makes unqualified names where the search path says, for the rest of the file', () => {
    const model = modelOf('', 'set search_path to app, public; create table t (); create table public.u ()');
    expect(table(model, 't')?.id).toBe('app.t');
    expect(table(model, 'u')?.id).toBe('public.u');
  });
});
