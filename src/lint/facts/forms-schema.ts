/** What is there before each form is measured. Every table has rows. */
export const FORMS_SCHEMA = `
create domain d_plain as int;
create domain d_check as int check (value > -5);
create domain d_used as int check (value > -5);
create type mood as enum ('sad', 'ok');
create type pair as (a int, b int);
create function stable_text() returns text language sql stable as $$ select 'x'::text $$;
create function inlined() returns int language sql as $$ select 1 $$;
create function inlined_random() returns double precision language sql as $$ select random() $$;
create function opaque() returns int language plpgsql as $$ begin return 1; end $$;
create function opaque_stable() returns int language plpgsql stable as $$ begin return 1; end $$;
create function alters() returns void language plpgsql as $$ begin alter table t add column made int; end $$;
create function alters_in_sql() returns void language sql as $$ alter table t add column made int $$;
create function trg() returns trigger language plpgsql as $$ begin return new; end $$;
create sequence seq;
create table p (id int primary key, code text);
create table q (id int primary key, v varchar(10));
create table t (
  id int primary key, a int, b text, v varchar(10), n numeric(8,2), at timestamp, x int not null, u int,
  proven int, p_id int, loose_id int, du d_used, r int4range, k varchar(10), kk varchar(10), g int generated always as (x + 1) stored,
  constraint t_a check (a > -5), constraint t_proven check (proven is not null), constraint t_p foreign key (p_id) references p,
  constraint t_k check (k <> 'z')
);
create index t_b on t (b);
create index t_k_idx on t (kk);
create unique index t_x on t (x);
create unique index t_u on t (u);
create index t_proven_idx on t (proven);
create unique index t_proven_key on t (proven);
alter table t add constraint t_later check (a < 1000000) not valid;
alter table t add constraint t_loose foreign key (loose_id) references p not valid;
create table bare (id int, a int, b text, v varchar(10));
create table quiet (id int primary key);
create unlogged table unlogged_t (id int primary key);
create table parent (id int, a int, v varchar(10));
create table heir (extra int) inherits (parent);
create index heir_a on heir (a);
create table parent_kept (id int, a int not null);
create table heir_kept () inherits (parent_kept);
create table heir_of_heir () inherits (heir_kept);
alter table parent_kept add constraint parent_later check (a < 1000000) not valid;
create table wide (id int not null, k int not null, n int not null, constraint wide_pkey primary key (id, n)) partition by range (n);
create table wide_1 partition of wide for values from (0) to (1000);
alter table wide add constraint part_later check (id < 1000000) not valid;
create table part (id int not null, k int not null, p_id int references p, b text) partition by list (k);
create table part_1 partition of part for values in (1);
create table part_default partition of part default;
create index part_b on part (b);
create table ranges (id int, k int not null) partition by range (k);
create table ranges_1 partition of ranges for values from (0) to (1000);
create table loose_ranges (id int, k int not null);
create table fit_ranges (id int, k int not null, constraint fits check (k >= 1000 and k < 2000));
create table tight_ranges (id int, k int not null, constraint fits check (k >= 1100 and k < 1200));
create table wide_ranges (id int, k int not null, constraint fits check (k >= 1000 and k < 5000));
create table null_ranges (id int, k int, constraint fits check (k >= 1000 and k < 2000));
create table loose_part (id int not null, k int not null, p_id int, b text);
create table fit_part (id int not null, k int not null, p_id int, b text, constraint fits check (k in (3, 4)));
create table refd (id int primary key, b text) partition by range (id);
create table refd_1 partition of refd for values from (0) to (1000);
create table refd_2 partition of refd for values from (1000) to (2000);
create table visits (id int primary key, ref int, constraint visits_ref foreign key (ref) references refd);
create table loose_refd (id int not null, b text);
create table keyed (id int primary key, ref int constraint keyed_ref references q, more d_plain, constraint keyed_at_once check (id > -1) not valid);
create table keyed_heir () inherits (keyed);
alter table keyed add constraint keyed_later check (id > 0) not valid;
create view vw as select id from quiet;
create materialized view mv as select g as id from generate_series(1, 100) g;
create unique index mv_id on mv (id);
create trigger t_trg before insert on t for each row execute function trg();
create policy t_pol on t;
create rule q_rule as on insert to q do also nothing;
create statistics t_stats on a, x from t;
`;

/** Rows for the tables above. */
export const FORMS_ROWS = `
insert into p select g, 'c' from generate_series(1, 100) g;
insert into q select g, 'v' from generate_series(1, 100) g;
insert into t (id, a, b, v, n, at, x, u, proven, p_id, loose_id, du, r, k, kk)
  select g, g, 'b', 'v', 1.5, '2026-01-01', g, g, g, g, g, g, int4range(g * 10, g * 10 + 1), 'k', 'k' from generate_series(1, 100) g;
insert into bare select g, g, 'b', 'v' from generate_series(1, 100) g;
insert into quiet select g from generate_series(1, 5000) g;
insert into unlogged_t select g from generate_series(1, 100) g;
insert into parent select g, g, 'v' from generate_series(1, 100) g;
insert into heir select g, g, 'v', g from generate_series(1, 100) g;
insert into parent_kept select g, g from generate_series(1, 100) g;
insert into heir_of_heir select g, g from generate_series(1, 100) g;
insert into heir_kept select g, g from generate_series(1, 100) g;
insert into wide select g, g, g from generate_series(1, 100) g;
insert into part select g, 1, g, 'b' from generate_series(1, 100) g;
insert into part select g, 99, g, 'b' from generate_series(1, 100) g;
insert into ranges select g, g from generate_series(1, 100) g;
insert into loose_ranges select g, 1500 from generate_series(1, 100) g;
insert into fit_ranges select g, 1500 from generate_series(1, 100) g;
insert into tight_ranges select g, 1150 from generate_series(1, 100) g;
insert into wide_ranges select g, 1500 from generate_series(1, 100) g;
insert into null_ranges select g, 1500 from generate_series(1, 100) g;
insert into loose_part select g, 3, g, 'b' from generate_series(1, 100) g;
insert into fit_part select g, 3, g, 'b' from generate_series(1, 100) g;
insert into refd select g, 'b' from generate_series(1, 100) g;
insert into refd select g, 'b' from generate_series(1001, 1100) g;
insert into visits select g, g from generate_series(1, 100) g;
insert into loose_refd select g, 'b' from generate_series(2001, 2100) g;
insert into keyed select g, g, g from generate_series(1, 100) g;
insert into keyed_heir select g, g, g from generate_series(1, 100) g;
analyze;
`;
