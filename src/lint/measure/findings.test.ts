import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MigrationPhase } from '../../model/index.ts';
import { createSystem, loadSqlParser, type SqlParser } from '../../system/index.ts';
import { type Effects, NO_EFFECTS } from '../effects/effects.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { compareWithStatic } from './compare-with-static.ts';
import { judgeMeasurement } from './findings.ts';
import { measureMigrations } from './measure-migrations.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let parser: SqlParser;
let scratch: Scratch;

beforeAll(async () => {
  parser = await loadSqlParser();
  scratch = await openScratch(system);
});
afterAll(() => scratch.close());

const BASELINE = `
  create type mood as enum ('a', 'b');
  create table p (id int primary key);
  create table orders (id int primary key, note text, total int not null default 0, p int, feeling mood,
    state text, constraint known check (state in ('old', 'paid')));
  create type place as (x int, y int);
  create sequence ticket as int;
  create unique index orders_note on orders (note);
  create view totals as select id, total from orders;
  create function double(n int) returns int language sql as 'select 2 * n';
  create materialized view report as select id from orders;
  create unique index on report (id);
  create table odd (id int not null, check (id > 1 and id < 1));
  create role reader;
  grant select on orders to reader;`;

function lintFile(text: string, change: Partial<LintFile> = {}): LintFile {
  const path = 'db/001_x.sql';
  const base = {
    path,
    layout: 'plain',
    database: '',
    release: '',
    phase: 'expand',
    order: '1',
    text,
    isNotx: false,
  } as const;
  return { ...base, statements: parser.split(text, path), isTransactional: true, isShipped: false, ...change };
}

async function judge(text: string, change: Partial<LintFile> = {}): Promise<readonly LintFinding[]> {
  const file = lintFile(text, change);
  return judgeMeasurement(await measureMigrations(system, { scratch, files: [file], baseline: BASELINE }), [file]);
}

async function rulesOf(text: string, change: Partial<LintFile> = {}): Promise<readonly string[]> {
  return (await judge(text, change)).map(({ rule, severity, line }) => `${line} ${severity} ${rule}`);
}

describe('judgeMeasurement()', () => {
  it.each([
    ['alter table orders alter column p type bigint', 'measured-rewrite'],
    ['alter table orders add column x uuid default gen_random_uuid()', 'measured-rewrite'],
    ['create index on orders (total)', 'measured-index-build'],
    ['reindex table orders', 'measured-index-build'],
    ['alter table orders alter column note set not null', 'measured-scan-under-lock'],
    [`do $$ begin execute 'create index on orders (total)'; end $$`, 'measured-index-build'],
    ['alter table orders add column x int; update orders set x = total', 'measured-scan-under-lock'],
    ['refresh materialized view report', 'measured-rewrite'],
  ])('calls it an error to hold up the application: %s', async (sql, rule) => {
    const found = (await judge(sql, { phase: 'contract' })).filter((finding) => finding.class !== 'contract');
    expect(found.map((finding) => finding.rule)).toContain(rule);
    expect(new Set(found.map(({ severity, source }) => `${severity} ${source}`))).toEqual(new Set(['error measured']));
  });

  it.each([
    'alter table orders add column x int',
    'alter table orders add constraint x check (total >= 0) not valid',
    'alter table orders add constraint x check (total >= 0) not valid; drop function double',
    'refresh materialized view concurrently report',
    'update orders set total = 1',
    'create table fresh (id int primary key, p int references p); create index on fresh (p)',
  ])('finds nothing that holds up the application in: %s', async (sql) => {
    expect(await rulesOf(sql, { phase: 'contract' })).toEqual([]);
  });

  it('says what is held, who waits, and how much was done', async () => {
    const [finding] = await judge('\n  reindex index orders_note', { phase: 'contract' });
    expect(finding).toMatchObject({
      line: 2,
      column: 3,
      class: 'lock',
      file: 'db/001_x.sql',
      statement: 'reindex index orders_note',
    });
    expect(finding?.message).toMatch(
      /^It builds an index of public\.orders and holds ShareLock on public\.orders, for which every write waits meanwhile, and AccessExclusiveLock on public\.orders_note, for which reads wait too; on the scratch database it took [\d.]+ ms and wrote \d+ kB of log/,
    );
  });

  it('blames the lock on the other table too', async () => {
    const found = await judge('alter table orders add foreign key (p) references p', { phase: 'contract' });
    expect(found.map(({ message }) => message.split(' meanwhile')[0])).toEqual([
      'It reads all of public.orders and holds ShareRowExclusiveLock on public.orders, for which every write waits',
      'It reads all of public.p and holds ShareRowExclusiveLock on public.p, for which every write waits',
    ]);
  });

  it.each<[string, readonly MigrationPhase[]]>([
    ['drop view totals', ['expand', 'postdeploy']],
    ['alter table orders drop column p', ['expand', 'postdeploy']],
    ['drop index orders_note', ['expand', 'postdeploy']],
    ['drop function double', ['expand', 'postdeploy']],
    [`do $$ begin execute 'alter table orders drop column p'; end $$`, ['expand', 'postdeploy']],
    ['alter table orders rename column note to remark', ['expand']],
    ['alter table orders add column must int not null', ['expand']],
    ['alter table orders alter column total drop default', ['expand']],
    ['alter table orders alter column p type bigint', ['expand']],
    ['alter table orders add check (total > 0) not valid', ['expand']],
    [`alter type mood rename value 'a' to 'c'`, ['expand']],
    ['revoke select on orders from reader', ['expand', 'postdeploy']],
    ['alter table orders enable row level security', ['expand']],
    ['alter type place drop attribute y', ['expand', 'postdeploy']],
    ['alter table orders rename to purchases; create view orders as select id from purchases', ['expand']],
    ['alter table orders rename to purchases; create view orders as select * from purchases', []],
    [`alter table orders drop constraint known, add constraint known check (state in ('new', 'old'))`, ['expand']],
    [`alter table orders drop constraint known, add constraint known check (state in ('paid', 'new', 'old'))`, []],
    ['alter sequence ticket as bigint', []],
    ['alter table orders add column extra int', []],
    ['create table fresh (id int); alter table fresh add column b int not null', []],
    [`alter type mood add value 'z'`, []],
  ])('tells what an old client would feel: %s', async (sql, phases) => {
    const measurement = await measureMigrations(system, { scratch, files: [lintFile(sql)], baseline: BASELINE });
    const found = (['expand', 'postdeploy', 'contract'] as const).filter((phase) =>
      judgeMeasurement(measurement, [lintFile(sql, { phase })]).some(({ rule }) => rule === 'measured-contract-change'),
    );
    expect(found).toEqual(phases);
  });

  it('warns of a trigger, which may be what an expansion needs', async () => {
    const sql =
      'create trigger t after insert on orders for each row execute function suppress_redundant_updates_trigger()';
    expect(await rulesOf(sql)).toEqual(['1 warning measured-contract-change']);
  });

  it('puts a difference at the statement that made it', async () => {
    const found = await judge('select 1;\nalter table orders add column x int;\nalter table orders drop column p;');
    expect(found.map(({ line, rule, message }) => `${line} ${rule} ${message}`)).toEqual([
      '3 measured-contract-change It removes column public.orders.p: statements that name the column fail',
    ]);
  });

  it('never passes over what could not be measured', async () => {
    expect(await rulesOf('alter table nowhere add a int')).toEqual(['1 error unmeasured']);
    expect(await rulesOf('alter table orders add x int not null', { phase: 'contract' })).toEqual([
      '1 error unmeasured',
    ]);
    expect(await rulesOf('create extension not_there')).toEqual(['1 warning unmeasured']);
    expect(await rulesOf('alter table odd add column x int')).toEqual(['1 warning unmeasured']);
    expect(await rulesOf('create database x', { isTransactional: false })).toEqual(['1 warning unmeasured']);
    const shipped = lintFile('select 1; alter table nowhere add a int', { isShipped: true });
    const next = { ...lintFile('select 1'), path: 'db/002_y.sql' };
    const measurement = await measureMigrations(system, { scratch, files: [shipped, next] });
    const found = judgeMeasurement(measurement, [shipped, next]);
    expect(found).toMatchObject([{ file: shipped.path, severity: 'warning', rule: 'unmeasured' }]);
  });

  it('calls what is left in the session an error, where it was set', async () => {
    const [finding] = await judge(`select 1;\nset statement_timeout = '7s'`);
    expect(finding).toMatchObject({ rule: 'measured-session-leak', class: 'discipline', severity: 'error', line: 2 });
    expect(finding?.message).toBe(
      'It leaves the setting statement_timeout (7000) in the session, which the next file would meet',
    );
  });
});

describe('compareWithStatic()', () => {
  async function compare(text: string, ...effects: readonly Partial<Effects>[]): Promise<readonly string[]> {
    const file = lintFile(text);
    const measurement = await measureMigrations(system, { scratch, files: [file], baseline: BASELINE });
    const predicted = new Map(effects.map((own, index) => [`${file.path}:${index}`, { ...NO_EFFECTS, ...own }]));
    const found = compareWithStatic(measurement, [file], predicted);
    expect(new Set(found.map(({ rule, severity, class: kind }) => `${rule} ${severity} ${kind}`)).size).toBeLessThan(2);
    return found.map(({ message }) => message);
  }
  const LOCK = { locks: [{ relation: 'public.orders', mode: 'AccessExclusiveLock' }] } as const;

  it('is silent when both say the same', async () => {
    expect(await compare('alter table orders add column x int', LOCK)).toEqual([]);
    expect(await compare('lock table orders; alter table orders add column x int', LOCK, LOCK)).toEqual([]);
  });

  it('tells both sides of a lock, a rewrite, an index and a scan that only one of them has', async () => {
    expect(await compare('alter table orders add column x int', {})).toEqual([
      'It takes AccessExclusiveLock on public.orders when it was measured, and its form says none (Postgres 15)',
    ]);
    expect(await compare('select 1', LOCK)).toEqual([
      'Its form says that it takes AccessExclusiveLock on public.orders, and none was seen when it was measured (Postgres 15)',
    ]);
    expect(
      await compare('alter table orders alter column p type bigint', { ...LOCK, scans: ['public.orders'] }),
    ).toEqual([
      'It rewrites public.orders when it was measured, which its form does not say (Postgres 15)',
      'It builds an index of public.orders when it was measured, which its form does not say (Postgres 15)',
    ]);
    expect(await compare('alter table orders add column x int', { ...LOCK, scans: ['public.orders'] })).toEqual([
      'Its form says that it reads all of public.orders, and it did not when it was measured (Postgres 15)',
    ]);
  });

  it('compares nothing that one of the sides cannot tell', async () => {
    expect(await compare('alter table orders add column x int', { unknown: ['it cannot be told'] })).toEqual([]);
    expect(
      await compare('alter table nowhere add column x int', {
        locks: [{ relation: 'public.nowhere', mode: 'ShareLock' }],
      }),
    ).toEqual([]);
    expect(
      await compare('alter table odd add column x int', {
        locks: [{ relation: 'public.odd', mode: 'AccessExclusiveLock' }],
        scans: ['public.odd'],
      }),
    ).toEqual([]);
  });
});
