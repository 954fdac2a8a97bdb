import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isStrong, LOCK_MODES, statementLocks } from '../sql/index.ts';
import { loadSqlParser, type Session } from '../system/index.ts';
import { loadReach } from './find-holders.ts';
import { startTestServer, type TestServer } from './test-support.ts';

const SCHEMA = `
create domain positive as int;
create type mood as enum ('a');
create type pair as (a int, b int);
create table p (id int primary key, code text unique);
create table t (id int primary key, a int, b text, p_id int constraint t_p references p, d positive, constraint t_a check (a > 0) not valid);
create table child () inherits (t);
create table part (id int, k int, p_id int references p) partition by list (k);
create table part_1 partition of part for values in (1);
create table part_default partition of part default;
create table loose (id int not null, k int, code text, p_id int references p);
create table loose_part (id int, k int, p_id int references p);
create index t_b on t (b);
create materialized view mv as select 1 as id;
create unique index mv_id on mv (id);
create view vw as select id from t;
create sequence seq;
create function f() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger trg before insert on t for each row execute function f();
create table target (id int primary key) partition by range (id);
create table target_1 partition of target for values from (1) to (9);
create table loose_target (id int primary key);
create table pointing (id int primary key, target_id int constraint to_target references target);
create table pointing_2 (pointing_id int references pointing);
create index part_k on part (k);
create policy pol on t;
create rule rul as on insert to p do nothing;
`;

/** Every form that takes a lock which an application can feel, and some that look alike and take none. */
const STATEMENTS = `
alter table t add column x int;
alter table only p add column x int default 1;
alter table t add column x int references p;
alter table t add column x int check (x > 0);
alter table t drop column b;
alter table only t drop column p_id;
alter table t alter a set not null;
alter table t alter a type bigint;
alter table part alter p_id type bigint;
alter table part alter k set default 1;
alter table t alter a set default 1;
alter table t alter a set statistics 50;
alter table t alter b set storage main;
alter table t set (fillfactor = 90);
alter table t set (autovacuum_enabled = off);
alter table t add constraint c check (a > 1);
alter table only t add constraint c foreign key (a) references p;
alter table only t add constraint c foreign key (a) references p not valid;
alter table only t add constraint c unique (a);
alter table t validate constraint t_a;
alter table t drop constraint t_a;
alter table only t drop constraint t_p;
alter table t rename column a to z;
alter table t rename constraint t_a to z;
alter table t rename to z;
alter table t enable row level security;
alter table t disable trigger trg;
alter table only t disable trigger trg;
alter table t replica identity full;
alter table t owner to current_user;
alter table part add column x int;
alter table part attach partition loose_part for values in (2);
alter table part detach partition part_1;
alter table target detach partition target_1;
alter table target attach partition loose_target for values from (10) to (19);
alter table pointing drop constraint to_target;
alter table pointing drop column target_id;
alter table loose add constraint c foreign key (id) references target;
alter table loose inherit p;
alter table child no inherit t;
alter table t set unlogged;
alter index t_b rename to z;
alter index t_b set (fillfactor = 90);
alter view vw rename to z;
alter sequence seq increment by 2;
alter domain positive add check (value > 0);
alter domain positive set default 1;
alter type mood add value 'b';
alter type mood rename value 'a' to 'z';
alter type pair add attribute c int;
alter policy pol on t to current_user;
alter policy pol on t rename to z;
alter trigger trg on t rename to z;
create index on t (a);
create index on only part (id);
create index on part (id);
create table n (id int references p);
create table n (id int, foreign key (id) references p, foreign key (id) references t);
create table n (like t including all);
create table n partition of part for values in (3);
create table n partition of target for values from (20) to (29);
create table n (id int references target);
create table n () inherits (p);
create table n as select * from t;
create view n as select * from t;
create or replace view vw as select id, id as b from t;
create materialized view n as select * from t;
create trigger n after update on p for each row execute function f();
create trigger n after insert on part for each row execute function f();
create constraint trigger n after update on p from t for each row execute function f();
create policy n on p;
create rule n as on delete to p do nothing;
create statistics n on a, d from t;
create function n() returns int language sql as $$ select 1 $$;
create publication n for table p;
comment on table t is 'x';
comment on column t.a is 'x';
grant select on t to current_user;
insert into p (id) values (1);
update t set a = 1;
delete from t;
drop table child;
drop table part_1;

drop table pointing_2;
drop table part;
drop table loose;
drop view vw;
drop materialized view mv;
drop sequence seq;
drop index t_b;
drop index part_k;
drop trigger trg on t;
drop policy pol on t;
drop rule rul on p;
drop type mood;
lock table p;
lock table p in share mode;
lock table p in row exclusive mode;
truncate loose;
truncate part;
truncate p, t, part, loose, loose_part;
truncate p cascade;
truncate target cascade;
truncate loose_target, pointing cascade;
reindex index t_b;
reindex table t;
refresh materialized view mv;
refresh materialized view concurrently mv;
cluster t using t_pkey;
analyze t;
set search_path = public;
select setval('seq', 5);
`;

let servers: TestServer;
let session: Session;
beforeAll(async () => {
  servers = await startTestServer();
  session = await (await servers.createDatabase()).connect();
  await session.query(SCHEMA);
});
afterAll(() => servers.close());

const parser = await loadSqlParser();

describe('statementLocks()', () => {
  it.each(parser.split(STATEMENTS, 'forms.sql').map(({ text, node }) => ({ text, node })))(
    'predicts what the server locks for: $text',
    async ({ text, node }) => {
      const locks = statementLocks(node);
      expect(locks.isKnown).toBe(true);
      await session.query('begin');
      try {
        const reach = await loadReach(session, locks.targets);
        const { rows: before } = await session.query<{ oid: number; name: string }>(
          `select oid, oid::regclass::text as name from pg_class where relkind in ('r', 'p', 'm', 'v', 'S') and relnamespace = 'public'::regnamespace`,
        );
        await session.query(text);
        const { rows } = await session.query<{ oid: number; mode: (typeof reach)[number]['mode'] }>(
          `select relation as oid, mode from pg_locks where locktype = 'relation' and pid = pg_backend_pid()`,
        );
        const names = new Map(before.map(({ oid, name }) => [oid, name]));
        const taken = rows.filter(({ oid, mode }) => isStrong(mode) && names.has(oid));
        const strongest = (all: readonly { name: string; mode: (typeof reach)[number]['mode'] }[]) => {
          const byName = new Map<string, (typeof reach)[number]['mode']>();
          for (const { name, mode } of all) {
            const known = byName.get(name);
            if (!known || LOCK_MODES.indexOf(known) < LOCK_MODES.indexOf(mode)) byName.set(name, mode);
          }
          return [...byName].map(([name, mode]) => `${name} ${mode}`).sort();
        };
        const measured = strongest(taken.map(({ oid, mode }) => ({ name: names.get(oid) ?? '', mode })));
        const predicted = strongest(
          reach
            .filter(({ relation, mode }) => isStrong(mode) && before.some(({ name }) => name === relation))
            .map(({ relation, mode }) => ({ name: relation, mode })),
        );
        expect(predicted).toEqual(measured);
      } finally {
        await session.query('rollback');
      }
    },
  );
});
