/** Forms of statements other than `ALTER TABLE`: see `forms.ts`. */
export const DEFINITION_FORMS = `
create-index | create index on t (a)
create-index-concurrently | create index concurrently on t (a)
create-index-if-not-exists | create index if not exists t_b on t (b)
create-unique-index | create unique index on t (a)
create-expression-index | create index on t (lower(b))
create-partial-index | create index on t (a) where a > 5
create-index-part | create index on part (k)
create-index-part-only | create index on only part (k)
create-index-parent | create index on parent (a)
create-unique-index-part | create unique index on part (id, k)
create-index-part-if-not-exists | create index if not exists part_b on part (b)
create-index-mv | create index on mv (id)
drop-index | drop index t_b
drop-index-concurrently | drop index concurrently t_b
drop-index-part | drop index part_b
rename-index | alter index t_b rename to t_b_renamed
set-index-fillfactor | alter index t_b set (fillfactor = 90)
reindex-index | reindex index t_b
reindex-table | reindex table t
reindex-bare | reindex table bare
reindex-table-concurrently | reindex table concurrently t
reindex-index-concurrently | reindex index concurrently t_b
cluster | cluster t using t_b
vacuum | vacuum t
vacuum-full | vacuum full t
vacuum-full-parent | vacuum full parent
vacuum-full-part | vacuum full part
vacuum-full-bare | vacuum full bare
analyze | analyze t
analyze-part | analyze part
refresh | refresh materialized view mv
refresh-concurrently | refresh materialized view concurrently mv
create-table | create table made (id int primary key)
create-table-if-not-exists | create table if not exists t (id int)
create-table-references | create table made (id int references p)
create-table-constraint-references | create table made (id int, foreign key (id) references p)
create-table-like | create table made (like t including all)
create-table-as | create table made as select * from bare
create-table-inherits | create table made () inherits (parent)
create-partition-default | create table made partition of part for values in (7)
create-partition | create table made partition of ranges for values from (5000) to (6000)
create-partitioned-default | create table made partition of ranges default
drop-table | drop table bare
drop-table-references | drop table t
drop-partition | drop table ranges_1
drop-partition-default | drop table part_1
drop-partitioned | drop table ranges
drop-wide-partition | drop table wide_1
drop-table-to-part | drop table visits
create-partition-referenced | create table made partition of refd for values from (5000) to (6000)
reindex-partition | reindex table refd_1
drop-heir | drop table heir
create-view | create view made as select * from t
create-or-replace-view | create or replace view vw as select id, 1 as code from quiet
drop-view | drop view vw
alter-view | alter view vw alter column id set default 1
rename-view | alter view vw rename to vw_renamed
create-matview | create materialized view made as select * from bare
drop-matview | drop materialized view mv
create-trigger | create trigger made before insert on t for each row execute function trg()
create-trigger-parent | create trigger made before insert on parent for each row execute function trg()
create-trigger-part | create trigger made after insert on part for each row execute function trg()
create-constraint-trigger | create constraint trigger made after insert on t from p for each row execute function trg()
drop-trigger | drop trigger t_trg on t
rename-trigger | alter trigger t_trg on t rename to made
create-policy | create policy made on t
alter-policy | alter policy t_pol on t to current_user
drop-policy | drop policy t_pol on t
create-rule | create rule made as on delete to q do also nothing
drop-rule | drop rule q_rule on q
create-statistics | create statistics made on a, u from t
drop-statistics | drop statistics t_stats
create-publication | create publication made for table p
comment-table | comment on table t is 'x'
comment-column | comment on column t.a is 'x'
comment-view | comment on view vw is 'x'
comment-constraint | comment on constraint t_a on t is 'x'
comment-index | comment on index t_b is 'x'
comment-trigger | comment on trigger t_trg on t is 'x'
comment-function | comment on function inlined() is 'x'
grant | grant select on t to current_user
revoke | revoke select on t from current_user
create-function | create function made() returns int language sql as 'select 1'
drop-function | drop function opaque()
create-sequence | create sequence made
create-sequence-owned | create sequence made owned by t.a
create-schema-elements | create schema made create table inner_t (id int references public.p)
create-domain | create domain made as int check (value > 0)
add-domain-check | alter domain d_used add constraint c check (value > -10)
add-domain-check-not-valid | alter domain d_used add constraint c check (value > -10) not valid
add-domain-check-unused | alter domain d_plain add constraint c check (value > -10)
set-domain-not-null | alter domain d_used set not null
set-domain-not-null-heir | alter domain d_plain set not null
set-domain-default | alter domain d_used set default 1
drop-domain-check | alter domain d_used drop constraint d_used_check
add-enum-value | alter type mood add value 'made'
rename-enum-value | alter type mood rename value 'ok' to 'fine'
add-attribute | alter type pair add attribute c int
drop-type | drop type mood
lock-table | lock table t
lock-table-share | lock table t in share mode
lock-table-weak | lock table t in row exclusive mode
lock-table-only | lock table only parent
lock-table-part | lock table part
lock-table-parent | lock table parent
truncate | truncate bare
truncate-part | truncate part
truncate-only | truncate only parent
truncate-parent | truncate parent
truncate-cascade-heir | truncate q cascade
truncate-cascade | truncate p cascade
update-all | update bare set a = 1
update-unindexed | update bare set a = 1 where b = 'b'
update-key | update quiet set id = 100000 where id = 5
delete-all | delete from bare
insert | insert into quiet values (100000)
insert-select | insert into quiet select id + 10000 from bare
select-builtin | select setval('seq', 5), count(*) from p
select-altering | select alters()
select-altering-sql | select alters_in_sql()
do-altering | do $$ begin alter table t add column made int default random() * 10; end $$
do-conditional | do $$ begin if exists (select from p) then create index on t (a); end if; end $$
do-execute | do $$ begin execute 'alter table t alter a set not null'; end $$
do-new-table | do $$ begin create table made (id int); alter table made add column c int default random() * 10; end $$
do-loop | do $$ declare r record; begin for r in select 1 as n loop perform alters(); end loop; end $$
set-setting | set statement_timeout = '30s'
create-extension | create extension if not exists plpgsql
`;
