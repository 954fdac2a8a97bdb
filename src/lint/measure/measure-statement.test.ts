import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, loadSqlParser, type SqlParser } from '../../system/index.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { countRows } from './known-relations.ts';
import { type MeasuredStatement, measureStatement } from './measure-statement.ts';
import { connectMeasuring, type MeasuringSession } from './measuring-session.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let parser: SqlParser;
let scratch: Scratch;
let measuring: MeasuringSession & { close(): Promise<void> };

/** The tables that the fact file measures on, with fewer rows. */
const BEFORE = `
  create domain dom as int;
  create domain domc as int check (value > 0);
  create type mood as enum ('a', 'b');
  create table p (id int primary key);
  insert into p select generate_series(1, 1000);
  create table t (id int primary key, a int not null, b varchar(10), v varchar(10), n numeric(6, 2), ts timestamp(0), tsp timestamp,
    c char(5), ci cidr, i int, m mood, u uuid, tx text, vb varbit(5), iv interval(0), nn int, pid int, k int not null, d domc);
  insert into t select g, g, g::text, g::text, 1, now(), now(), 'x', '10.0.0.0/8', g, 'a', gen_random_uuid(), g::text, B'1', '1 s', g, 1 + g % 1000, g, 1
    from generate_series(1, 3000) g;
  create index t_a on t (a);
  create unique index t_k on t (k);
  create unique index t_nn on t (nn);
  create view vw as select id, v from t;
  create table q (id int primary key, tid int references t (id), checked int, constraint checked_there check (checked is not null) not valid);
  insert into q select g, g, g from generate_series(1, 500) g;
  alter table q validate constraint checked_there;
  alter table t add constraint nv check (a > 0) not valid;
  alter table t add constraint fnv foreign key (pid) references p not valid;
  create materialized view mv as select id, a from t;
  create unique index mv_id on mv (id);
  create table part (id int, at int) partition by range (at);
  create table part_1 partition of part for values from (0) to (1000);
  insert into part select g, g from generate_series(1, 900) g;
  create table part_2 (id int, at int);
  insert into part_2 select g, g + 1000 from generate_series(1, 900) g;
  create table part_3 (id int, at int, check (at is not null and at >= 3000 and at < 4000));
  insert into part_3 select g, g + 3000 from generate_series(1, 900) g;
  create function noop() returns trigger language plpgsql as 'begin return new; end';
  create trigger trg before insert on t for each row execute function noop();
  create extension btree_gist;
  analyze;`;

beforeAll(async () => {
  parser = await loadSqlParser();
  scratch = await openScratch(system);
  const database = await scratch.createDatabase();
  const session = await database.connect('test');
  await session.query(BEFORE);
  await session.close();
  measuring = await connectMeasuring(system, database);
  await countRows(measuring.session, measuring.known);
});
afterAll(async () => {
  await measuring.close();
  await scratch.close();
});

async function measure(sql: string, keeping: 'undone' | 'kept' = 'undone'): Promise<MeasuredStatement> {
  const [statement] = parser.split(sql, 'test.sql');
  if (!statement) throw new Error(`no statement in: ${sql}`);
  return measureStatement(system, measuring, { statement, keeping });
}

/** Written like the fact file: locks, then tables rewritten, tables with an index built, tables scanned. */
function describeEffects({ effects, error }: MeasuredStatement): string {
  if (error) return `${error.code} ${error.message}`;
  const short = (name: string) => name.replace('public.', '');
  const list = (names: readonly string[]) => names.map(short).join(',') || '-';
  const locks = effects.locks.map(({ relation, mode }) => `${short(relation)}:${mode.replace(/Lock$/, '')}`);
  return `${locks.join(' ') || '-'} | ${list(effects.rewrites)} | ${list(effects.indexBuilds)} | ${list(effects.scans)}`;
}

const AE = 't:AccessExclusive';
const QUIET = `${AE} | - | - | -`;
const REWRITE = `${AE} | t | t | t`;
const SCAN = `${AE} | - | - | t`;

describe('measureStatement()', () => {
  it.each([
    ['alter table t add column x int', QUIET],
    ['alter table t add column x int default 1', QUIET],
    ['alter table t add column x int not null default 1', QUIET],
    ['alter table t add column x timestamptz default now()', QUIET],
    ['alter table t add column x timestamptz default clock_timestamp()', REWRITE],
    ['alter table t add column x uuid default gen_random_uuid()', REWRITE],
    ['alter table t add column x serial', REWRITE],
    ['alter table t add column x int generated always as identity', REWRITE],
    ['alter table t add column x int generated always as (a + 1) stored', REWRITE],
    ['alter table t add column x dom default 1', QUIET],
    ['alter table t add column x domc default 1', REWRITE],
    ['alter table t add column x domc', REWRITE],
    ['alter table t add column x int check (x > 0)', SCAN],
    ['alter table t add column x int default 1 check (x > 0)', SCAN],
    ['alter table t add column x int references p', `p:ShareRowExclusive ${AE} | - | - | -`],
    ['alter table t add column x int default 1 references p', `p:ShareRowExclusive ${AE} | - | - | p,t`],
    ['alter table t add column x int unique', `${AE} | - | t | t`],
    ['alter table t add column x int not null', '23502 column "x" of relation "t" contains null values'],
    ['alter table t add column if not exists a int', QUIET],
    ['alter table t drop column tx', QUIET],
    ['alter table t drop column k', QUIET],
    ['alter table t alter column i set not null', SCAN],
    ['alter table q alter column checked set not null', 'q:AccessExclusive | - | - | -'],
    ['alter table t alter column a drop not null', QUIET],
    ['alter table t alter column a set default 1', QUIET],
    ['alter table t alter column a drop default', QUIET],
    ['alter table t alter column v type varchar(20)', '0A000 cannot alter type of a column used by a view or rule'],
    ['alter table t alter column b type varchar(20)', QUIET],
    ['alter table t alter column b type text', QUIET],
    ['alter table t alter column b type varchar(5)', REWRITE],
    ['alter table t alter column tx type varchar', QUIET],
    ['alter table t alter column tx type varchar(100)', REWRITE],
    ['alter table t alter column i type bigint', REWRITE],
    ['alter table t alter column i type int', QUIET],
    ['alter table t alter column i type int using i', QUIET],
    ['alter table t alter column n type numeric(10, 2)', QUIET],
    ['alter table t alter column n type numeric', QUIET],
    ['alter table t alter column n type numeric(10, 4)', REWRITE],
    ['alter table t alter column ts type timestamp(6)', QUIET],
    ['alter table t alter column tsp type timestamptz', QUIET],
    ['alter table t alter column ci type inet', QUIET],
    ['alter table t alter column c type char(10)', REWRITE],
    ['alter table t alter column c type text', REWRITE],
    ['alter table t alter column vb type varbit(10)', QUIET],
    ['alter table t alter column iv type interval(6)', QUIET],
    ['alter table t alter column i type dom', QUIET],
    ['alter table t alter column i type domc', REWRITE],
    ['alter table t alter column m type text', REWRITE],
    ['alter table t alter column tx type jsonb using to_jsonb(tx)', REWRITE],
    ['alter table t alter column u type text', REWRITE],
    ['alter table t alter column a set statistics 10', 't:ShareUpdateExclusive | - | - | -'],
    ['alter table t alter column tx set storage external', QUIET],
    ['alter table t alter column tx set compression pglz', QUIET],
    ['alter table t set (fillfactor = 90)', 't:ShareUpdateExclusive | - | - | -'],
    ['alter table t add constraint x check (a > 0)', SCAN],
    ['alter table t add constraint x check (a > 0) not valid', QUIET],
    ['alter table t validate constraint nv', 't:ShareUpdateExclusive | - | - | t'],
    ['alter table t add foreign key (pid) references p', 'p:ShareRowExclusive t:ShareRowExclusive | - | - | p,t'],
    [
      'alter table t add foreign key (pid) references p not valid',
      'p:ShareRowExclusive t:ShareRowExclusive | - | - | -',
    ],
    ['alter table t validate constraint fnv', 't:ShareUpdateExclusive | - | - | p,t'],
    ['alter table t drop constraint fnv', `p:AccessExclusive ${AE} | - | - | -`],
    ['alter table t add unique (i)', `${AE} | - | t | t`],
    ['alter table t add unique using index t_k', QUIET],
    ['alter table p add constraint x unique using index t_k', '55000 index "t_k" does not belong to table "p"'],
    ['alter table t drop constraint t_pkey cascade', `q:AccessExclusive ${AE} | - | - | -`],
    ['alter table t add constraint x exclude using gist (i with =)', `${AE} | - | t | t`],
    ['alter table t drop constraint nv', QUIET],
    ['create index on t (i)', 't:Share | - | t | t'],
    ['drop index t_a', QUIET],
    ['reindex index t_a', 't:Share | - | t | t'],
    ['reindex table t', 't:Share | - | t | t'],
    ['alter table t rename column a to z', QUIET],
    ['alter table t rename to z', QUIET],
    ['alter table t rename constraint nv to z', QUIET],
    ['alter index t_a rename to z', '- | - | - | -'],
    [
      'alter table t set unlogged',
      '42P16 could not change table "t" to unlogged because it references logged table "q"',
    ],
    ['alter table part_3 set unlogged', 'part_3:AccessExclusive | part_3 | - | part_3'],
    ['alter table t replica identity full', QUIET],
    ['cluster t using t_a', REWRITE],
    ['create trigger x before insert on t for each row execute function noop()', 't:ShareRowExclusive | - | - | -'],
    ['drop trigger trg on t', QUIET],
    ['alter table t disable trigger trg', 't:ShareRowExclusive | - | - | -'],
    ['alter table t enable row level security', QUIET],
    ['create policy x on t', QUIET],
    [`comment on column t.a is 'x'`, 't:ShareUpdateExclusive | - | - | -'],
    ['grant select on t to public', '- | - | - | -'],
    ['create table x (id int references p)', 'p:ShareRowExclusive | - | - | -'],
    ['create table x (like t including all)', '- | - | - | -'],
    ['drop table q', `q:AccessExclusive ${AE} | - | - | -`],
    ['truncate t cascade', `q:AccessExclusive ${AE} | - | - | -`],
    [
      'alter table part attach partition part_2 for values from (1000) to (2000)',
      'part:ShareUpdateExclusive part_2:AccessExclusive | - | - | part_2',
    ],
    [
      'alter table part attach partition part_3 for values from (3000) to (4000)',
      'part:ShareUpdateExclusive part_3:AccessExclusive | - | - | -',
    ],
    ['alter table part detach partition part_1', 'part:AccessExclusive part_1:AccessExclusive | - | - | -'],
    ['refresh materialized view mv', 'mv:AccessExclusive | mv | mv | mv,t'],
    ['refresh materialized view concurrently mv', 'mv:Exclusive | - | - | mv,t'],
    ['create or replace view vw as select id, v, a from t', 'vw:AccessExclusive | - | - | -'],
    ['drop view vw', 'vw:AccessExclusive | - | - | -'],
    [`alter type mood add value 'c'`, '- | - | - | -'],
    ['alter domain domc add check (value < 9)', 't:Share | - | - | t'],
    ['alter domain domc add check (value < 9) not valid', '- | - | - | -'],
    ['create statistics x on a, i from t', 't:ShareUpdateExclusive | - | - | -'],
    ['lock table t', QUIET],
    ['update t set a = a', '- | - | - | t'],
    ['update t set a = a where id = 7', '- | - | - | -'],
    ['create index on only part (id)', 'part:Share | - | - | -'],
    [`do $$ begin execute 'alter table t alter column i type bigint'; end $$`, REWRITE],
  ])('%s: %s', async (sql, expected) => {
    expect(describeEffects(await measure(sql))).toBe(expected);
  });

  it.each([
    ['create index concurrently t_i on t (i)', 't:ShareUpdateExclusive | - | t | t'],
    ['reindex index concurrently t_a', 't:ShareUpdateExclusive | - | t | t'],
    ['drop index concurrently t_i', 't:ShareUpdateExclusive | - | - | -'],
    ['vacuum part_1', 'part_1:ShareUpdateExclusive | - | - | -'],
    ['vacuum full part_1', 'part_1:AccessExclusive | part_1 | - | part_1'],
    [
      'alter table part detach partition part_1 concurrently',
      'part:ShareUpdateExclusive part_1:ShareUpdateExclusive | - | - | -',
    ],
    // Locks that are gone at the end are seen while they are held.
    [
      'do $$ begin alter table t alter column i type bigint; perform pg_sleep(0.3); commit; end $$',
      `${AE} | t | t | t`,
    ],
  ])('sees it when it commits on its way: %s', async (sql, expected) => {
    expect(describeEffects(await measure(sql, 'kept'))).toBe(expected);
  });

  it('knows what it has kept: a table’s new name, and an index that is there now', async () => {
    await measure('alter table part_2 rename to part_two', 'kept');
    expect(describeEffects(await measure('alter table part_two add x int'))).toBe(
      'part_two:AccessExclusive | - | - | -',
    );
  });
});
