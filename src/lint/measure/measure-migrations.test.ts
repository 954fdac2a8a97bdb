import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, loadSqlParser, type SqlParser } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { measureMigrations } from './measure-migrations.ts';
import type { FileMeasurement, Measurement } from './measurement.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let parser: SqlParser;
let scratch: Scratch;

beforeAll(async () => {
  parser = await loadSqlParser();
  scratch = await openScratch(system);
});
afterAll(() => scratch.close());

/** `NNN` files of one release after the other, or of the release that the name begins with: `2/003_x.sql`; `.notx` as in the layout. */
function lintFile(path: string, text: string, change: Partial<LintFile> = {}): LintFile {
  const isNotx = path.includes('.notx');
  return {
    path,
    layout: 'plain',
    database: '',
    release: path.includes('/') ? (path.split('/')[0] ?? '') : '',
    phase: 'expand',
    order: path,
    text,
    isNotx,
    statements: parser.split(text, path),
    isTransactional: !isNotx,
    isShipped: false,
    ...change,
  };
}

async function measure(
  texts: Readonly<Record<string, string>>,
  options: { readonly baseline?: string; readonly shipped?: readonly string[] } = {},
): Promise<Measurement> {
  const files = Object.entries(texts).map(([path, text]) =>
    lintFile(path, text, { isShipped: options.shipped?.includes(path) ?? false }),
  );
  const baseline = options.baseline === undefined ? {} : { baseline: options.baseline };
  return measureMigrations(system, { scratch, files, ...baseline });
}

/** Locks, rewrites, index builds and scans of each statement, as in the fact file. */
function describeFile(file: FileMeasurement | undefined): readonly string[] {
  return (file?.statements ?? []).map(({ effects, error }) => {
    if (error) return `${error.code} ${error.message}`;
    const short = (name: string) => name.replace('public.', '');
    const list = (names: readonly string[]) => names.map(short).join(',') || '-';
    const locks = effects.locks.map(({ relation, mode }) => `${short(relation)}:${mode.replace(/Lock$/, '')}`);
    const unknown = effects.unknown.length > 0 ? ` | ${effects.unknown.join('; ')}` : '';
    return `${locks.join(' ') || '-'} | ${list(effects.rewrites)} | ${list(effects.indexBuilds)} | ${list(effects.scans)}${unknown}`;
  });
}

describe('measureMigrations()', () => {
  it('finds no hazard in a table that the same file or release makes, and every one on a table that was there', async () => {
    const { files } = await measure({
      '1/001.sql':
        'create table a (id int primary key, b int); create index on a (b); alter table a alter column b type bigint',
      '1/002.sql': 'alter table a alter column b type int',
      '2/001.sql': 'alter table a alter column b type bigint; create index on a (b)',
    });
    expect(describeFile(files[0])).toEqual(['- | - | - | -', '- | - | - | -', '- | - | - | -']);
    expect(describeFile(files[1])).toEqual(['- | - | - | -']);
    expect(describeFile(files[2])).toEqual(['a:AccessExclusive | a | a | a', '- | - | a | a']);
  });

  it('applies the baseline and shipped files as they are, and reports only the others', async () => {
    const { files } = await measure(
      { '001.sql': 'alter table a add c int', '002.sql': 'alter table a alter column c set not null' },
      { baseline: 'create table a (id int primary key);', shipped: ['001.sql'] },
    );
    expect(files.map(({ file }) => file)).toEqual(['002.sql']);
    expect(describeFile(files[0])).toEqual(['a:AccessExclusive | - | - | a']);
  });

  it('tells what an old client could see changed', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (id int primary key, b int)',
      '002.sql': `do $$ begin execute 'alter table a drop column b'; end $$`,
    });
    expect(files[1]?.changes).toMatchObject([
      { change: 'removed', kind: 'column', name: 'public.a.b', impact: 'breaks' },
    ]);
    expect(describeFile(files[1])).toEqual(['a:AccessExclusive | - | - | -']);
  });

  it('reports a statement that fails, and goes on behind it', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (id int primary key); alter table nowhere add b int; create table c (id int)',
      '002.sql': 'alter table c add d int',
    });
    expect(describeFile(files[0])[1]).toBe('42P01 relation "nowhere" does not exist');
    expect(files[0]?.statements[1]?.line).toBe(1);
    expect(describeFile(files[1])).toEqual(['c:AccessExclusive | - | - | -']);
  });

  it('measures statements that commit by themselves', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (id int primary key, b int)',
      '002.notx.sql':
        'create index concurrently a_b on a (b); alter table a alter column b type bigint; drop index concurrently a_b',
    });
    expect(describeFile(files[1])).toEqual([
      'a:ShareUpdateExclusive | - | a | a',
      'a:AccessExclusive | a | a | a',
      'a:ShareUpdateExclusive | - | - | -',
    ]);
  });

  it('changes the generated rows when a statement does not like them, and measures it then', async () => {
    const { files } = await measure({
      '001.sql':
        'create table p (id int primary key); create table a (id serial primary key, kind text, size int, ref text, q int)',
      '002.sql': `alter table a add check (kind in ('x', 'y'));
        alter table a alter column ref type int using ref::int;
        alter table a add column t int;
        alter table a alter column t set not null;
        alter table a add foreign key (q) references p`,
    });
    const [check, type, add, notNull, key] = files[1]?.statements ?? [];
    expect(describeFile(files[1])).toEqual([
      'a:AccessExclusive | - | - | a',
      '- | a | a | a',
      '- | - | - | -',
      '- | - | - | a',
      'p:ShareRowExclusive | - | - | a,p',
    ]);
    expect([check, type, notNull].map((statement) => statement?.refusedRows?.code)).toEqual([
      '23514',
      '22P02',
      '23502',
    ]);
    expect([add, key].map((statement) => statement?.refusedRows)).toEqual([undefined, undefined]);
  });

  it('measures a unique index that is built concurrently over rows that are not unique', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (id int primary key, flag bool not null)',
      '002.notx.sql': 'create unique index concurrently a_flag on a (flag)',
      '003.sql': 'alter table a add constraint a_flag unique using index a_flag',
    });
    const unknown = 'no generated rows of public.a were accepted, so scans cannot be told';
    expect(describeFile(files[1])).toEqual([`a:ShareUpdateExclusive | - | a | a | ${unknown}`]);
    expect(describeFile(files[2])).toEqual(['a:AccessExclusive | - | - | -']);
  });

  it('sees no rewrite where a file was taken back at its end', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (id int primary key, b int)',
      '002.sql': `alter table a alter column b type bigint;
        create table late (id int references a deferrable initially deferred); insert into late values (-1)`,
      '003.sql': 'alter table a add column c int',
    });
    expect(describeFile(files[1]).at(-1)).toContain('23503');
    expect(describeFile(files[2])).toEqual(['a:AccessExclusive | - | - | -']);
  });

  it('sees a scan of a table that has room for a few rows only', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (flag bool primary key, b int)',
      '002.sql': 'alter table a add check (b is null or b <> 7); update a set b = 1 where flag',
    });
    expect(describeFile(files[1])).toEqual(['a:AccessExclusive | - | - | a', '- | - | - | -']);
  });

  it('makes room for rows that a migration brings', async () => {
    const { files } = await measure({
      '001.sql': `create table plan (id int primary key, name text); insert into plan values (1, 'free');
        create table use (id int primary key, plan int not null references plan)`,
      '002.sql': `insert into plan values (2, 'paid'), (3, 'more')`,
    });
    expect(describeFile(files[1])).toEqual(['- | - | - | -']);
  });

  it('makes roles that files name, on a server of its own', async () => {
    const { files } = await measure({
      '001.sql': 'create table a (id int); grant select on a to reporting_team; create role reporting_team',
    });
    expect(files[0]?.statements.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });

  it('does not run what reaches beyond the database', async () => {
    const { files } = await measure({ '001.notx.sql': 'create database other' });
    expect(files[0]?.statements[0]?.effects.unknown).toEqual(['it reaches beyond the database, so it was not run']);
  });

  it('reports what a file leaves behind in the session', async () => {
    const { files } = await measure({
      '001.sql': `set statement_timeout = '1s'; set local lock_timeout = '1s'; create temp table t (id int)`,
      '002.sql': 'create role leaver; set role leaver',
      '003.sql': `select pg_advisory_lock(7); prepare q as select 1`,
      '004.sql': 'create table a (id int)',
    });
    expect(files.map(({ leaks }) => leaks.map(({ kind, name }) => `${kind} ${name}`))).toEqual([
      ['setting statement_timeout', 'temporary table t'],
      ['role role'],
      ['advisory lock 7', 'prepared statement q'],
      [],
    ]);
  });

  it('names old tables that it could not fill', async () => {
    const { files } = await measure({
      '001.sql': `create table a (id int not null, check (id > 1 and id < 1))`,
      '002.sql': 'alter table a add b int check (b > 0)',
      '003.sql': 'alter table a add c int check (c > 0)',
    });
    const empty = [{ table: 'public.a', reason: expect.stringMatching(/^no generated row meets|violates check/) }];
    expect(files.map((file) => file.empty)).toEqual([[], empty, empty]);
  });

  it('refuses a baseline that cannot be applied, with the line', async () => {
    const measuring = measure(
      { '001.sql': 'select 1' },
      { baseline: 'create table a (id int);\nalter table b add c int' },
    );
    await expect(measuring).rejects.toThrow(/^Could not apply the baseline: at line 2 the server says 42P01 /);
  });

  it('leaves no database behind', async () => {
    const session = await (await scratch.createDatabase()).connect('test');
    const { rows } = await session.query(
      `select count(*)::int as n from pg_database where datname like 'onward_scratch%'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
    await session.close();
  });

  it('measures more than a hundred files, each with its differences, in seconds', async () => {
    const texts: Record<string, string> = {};
    for (let index = 0; index < 60; index += 1) {
      const table = `t${index}`;
      texts[`${1000 + index * 2}.sql`] =
        `create table ${table} (id bigint generated always as identity primary key, name text not null, at timestamptz default now());
         create index on ${table} (name);`;
      texts[`${1001 + index * 2}.sql`] =
        `alter table ${table} add column note text; alter table ${table} add check (name <> '');`;
    }
    const startedMs = performance.now();
    const { files } = await measure(texts);
    expect(files.filter(({ statements }) => statements.some(({ error }) => error))).toEqual([]);
    expect(describeFile(files.at(-1))).toEqual(['t59:AccessExclusive | - | - | -', '- | - | - | t59']);
    expect(performance.now() - startedMs).toBeLessThan(60_000);
  });
});
