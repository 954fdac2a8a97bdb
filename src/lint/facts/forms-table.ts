/** Forms of `ALTER TABLE`: see `forms.ts`. */
export const TABLE_FORMS = `
add-column | alter table t add column c int
add-column-if-not-exists | alter table t add column if not exists a int default random()
add-column-if-not-exists-parent | alter table parent add column if not exists a int
add-column-if-not-exists-part | alter table part add column if not exists b text
add-column-constant | alter table t add column c int default 1
add-column-constant-not-null | alter table t add column c int not null default 1
add-column-null-default | alter table t add column c int default null
add-column-stable | alter table t add column c timestamptz default now()
add-column-current-timestamp | alter table t add column c timestamptz not null default current_timestamp
add-column-stable-function | alter table t add column c text default stable_text()
add-column-opaque-stable | alter table t add column c int default opaque_stable()
add-column-volatile | alter table t add column c timestamptz default clock_timestamp()
add-column-uuid | alter table t add column c uuid default gen_random_uuid()
add-column-uuid-cast | alter table t add column c text default md5(random()::text)
add-column-nextval | alter table t add column c int default nextval('seq')
add-column-inlined | alter table t add column c int default inlined()
add-column-inlined-random | alter table t add column c double precision default inlined_random()
add-column-opaque | alter table t add column c int default opaque()
add-column-not-inside-case | alter table t add column c int default coalesce(length(current_user), 1)
add-column-volatile-bare | alter table bare add column c timestamptz default clock_timestamp()
add-column-serial | alter table t add column c serial
add-column-identity | alter table t add column c int generated always as identity
add-column-stored | alter table t add column c int generated always as (x * 2) stored
add-column-virtual 18 | alter table t add column c int generated always as (x * 2) virtual
add-column-virtual-not-null 18 | alter table t add column c int generated always as (x * 2) virtual not null
add-column-virtual-check 18 | alter table t add column c int generated always as (x * 2) virtual check (c > 0)
add-column-domain | alter table t add column c d_plain
add-column-domain-default | alter table t add column c d_plain default 1
add-column-domain-check | alter table t add column c d_check
add-column-domain-check-default | alter table t add column c d_check default 1
add-column-check | alter table t add column c int check (c > 0)
add-column-check-default | alter table t add column c int default 1 check (c > 0)
add-column-unique | alter table t add column c int unique
add-column-primary | alter table bare add column c int generated always as identity primary key
add-column-references | alter table t add column c int references p
add-column-references-null | alter table t add column c int default null references p
add-column-references-default | alter table t add column c int default 1 references p
add-column-not-null-empty | alter table t add column c int not null
add-column-parent | alter table parent add column c int default random() * 10
add-column-part | alter table part add column c int default random() * 10
add-column-part-plain | alter table part add column c int
add-columns | alter table t add column c int, add column d int default random() * 10, add column e int check (e > 0)
drop-column | alter table t drop column b
drop-column-plain | alter table t drop column v
drop-column-foreign-key | alter table t drop column p_id
drop-column-part | alter table part drop column b
set-not-null | alter table t alter a set not null
set-not-null-already | alter table t alter x set not null
set-not-null-proven | alter table t alter proven set not null
set-not-null-parent | alter table parent alter a set not null
add-not-null 18 | alter table t add constraint nn not null a
add-not-null-not-valid 18 | alter table t add constraint nn not null a not valid
add-not-null-proven 18 | alter table t add constraint nn not null proven
set-not-null-part | alter table part alter p_id set not null
set-not-null-part-already | alter table part alter k set not null
set-not-null-parent-already | alter table parent_kept alter a set not null
drop-not-null-part | alter table wide alter k drop not null
drop-not-null-part-idle | alter table part alter b drop not null
drop-not-null-parent | alter table parent_kept alter a drop not null
drop-not-null-parent-idle | alter table parent alter a drop not null
drop-not-null-idle | alter table t alter a drop not null
add-column-parent-unique | alter table parent add column c int unique
add-column-parent-references | alter table parent add column c int references p
add-column-part-references | alter table part add column c int references p
add-foreign-key-parent | alter table parent add constraint c foreign key (a) references p
add-foreign-key-parent-not-valid | alter table parent add constraint c foreign key (a) references p not valid
add-unique-parent | alter table parent add constraint c unique (a)
add-primary-parent | alter table parent_kept add constraint c primary key (a)
add-primary-parent-nullable | alter table parent add constraint c primary key (a)
add-unique-part | alter table part add constraint c unique (id, k)
add-primary-part | alter table part add constraint c primary key (id, k)
validate-parent | alter table parent_kept validate constraint parent_later
validate-part | alter table wide validate constraint part_later
drop-check-parent | alter table parent_kept drop constraint parent_later
drop-unique-part | alter table wide drop constraint wide_pkey
set-default-parent | alter table parent alter a set default 1
set-statistics-parent | alter table parent alter a set statistics 100
set-storage-parent | alter table parent alter v set storage external
rls-parent | alter table parent enable row level security
replica-identity-part | alter table part replica identity full
owner-part | alter table part owner to current_user
trigger-part | alter table part disable trigger all
set-fillfactor-parent | alter table parent set (fillfactor = 90)
rename-column-part | alter table part rename column b to z
rename-part | alter table part rename to z
rename-constraint-parent | alter table parent_kept rename constraint parent_later to z
detach-default | alter table part detach partition part_default
drop-column-parent | alter table parent drop column v
drop-column-referenced | alter table p drop column code
drop-not-null | alter table t alter x drop not null
set-default | alter table t alter a set default 1
drop-default | alter table t alter a drop default
add-identity | alter table t alter x add generated always as identity
set-expression 17 | alter table t alter g set expression as (x + 2)
drop-expression | alter table t alter g drop expression
set-statistics | alter table t alter a set statistics 100
set-storage | alter table t alter b set storage external
set-compression | alter table t alter b set compression pglz
set-options | alter table t alter a set (n_distinct = 5)
type-wider | alter table t alter v type varchar(20)
type-wider-indexed | alter table t alter kk type varchar(20)
type-text-indexed | alter table t alter kk type text
type-wider-checked | alter table t alter k type varchar(20)
type-narrower | alter table t alter v type varchar(5)
type-other | alter table t alter a type bigint
type-same | alter table t alter a type int
type-using-same | alter table t alter a type int using a
type-using-cast | alter table t alter v type text using v::text
type-using-other | alter table t alter v type text using lower(v)
type-utc | alter table t alter at type timestamptz
type-domain | alter table t alter a type d_plain
type-domain-check | alter table t alter a type d_check
type-from-domain | alter table t alter du type int
type-enum | alter table t alter b type mood using 'ok'::mood
type-foreign-key | alter table t alter p_id type bigint
type-referenced | alter table p alter id type bigint
type-referenced-kept | alter table p alter code type varchar
type-collation | alter table t alter b type text collate "C"
type-parent | alter table parent alter a type bigint
type-parent-kept | alter table parent alter v type varchar(20)
type-part | alter table part alter b type varchar(20)
type-part-kept | alter table part alter b type varchar
drop-column-only | alter table only parent_kept drop column a
type-generated-source | alter table q alter v type text
add-check | alter table t add constraint c check (a > -10)
add-check-not-valid | alter table t add constraint c check (a > -10) not valid
add-check-not-enforced 18 | alter table t add constraint c check (a > -10) not enforced
add-check-parent | alter table parent add constraint c check (a > -10)
add-check-part | alter table part add constraint c check (id > -10)
validate-check | alter table t validate constraint t_later
validate-valid | alter table t validate constraint t_a
validate-foreign-key | alter table t validate constraint t_loose
add-foreign-key | alter table t add constraint c foreign key (a) references p
add-foreign-key-not-valid | alter table t add constraint c foreign key (a) references p not valid
add-foreign-key-not-enforced 18 | alter table t add constraint c foreign key (a) references p not enforced
add-foreign-key-self | alter table t add constraint c foreign key (a) references t
add-foreign-key-part | alter table part add constraint c foreign key (id) references q
add-foreign-key-part-not-valid 18 | alter table part add constraint c foreign key (id) references q not valid
add-unique | alter table t add constraint c unique (a)
add-unique-using | alter table t add constraint c unique using index t_u
add-primary | alter table bare add primary key (id)
add-primary-using-nullable | alter table null_ranges add constraint c unique (id), alter k set not null
add-exclude | alter table t add constraint c exclude using gist (r with &&)
drop-check | alter table t drop constraint t_a
drop-foreign-key | alter table t drop constraint t_p
drop-foreign-key-to-part | alter table visits drop constraint visits_ref
drop-foreign-key-heir | alter table keyed drop constraint keyed_ref
drop-primary-heir | alter table keyed drop constraint keyed_pkey
drop-check-heir | alter table keyed drop constraint keyed_later
drop-column-to-part | alter table visits drop column ref
validate-at-once | alter table keyed validate constraint keyed_at_once
validate-heir | alter table keyed validate constraint keyed_later
validate-foreign-key-heir | alter table keyed validate constraint keyed_ref
add-foreign-key-to-part | alter table bare add constraint c foreign key (id) references refd
attach-referenced | alter table refd attach partition loose_refd for values from (2000) to (3000)
detach-referenced | alter table refd detach partition refd_2
alter-constraint | alter table keyed alter constraint keyed_ref deferrable
drop-primary | alter table quiet drop constraint quiet_pkey
drop-constraint-part | alter table part drop constraint part_p_id_fkey
set-logged | alter table unlogged_t set logged
set-unlogged | alter table quiet set unlogged
set-logged-already | alter table t set logged
set-tablespace-default | alter table t set tablespace pg_default
set-access-method-heap 15 | alter table t set access method heap
set-fillfactor | alter table t set (fillfactor = 90)
set-autovacuum | alter table t set (autovacuum_enabled = off)
reset-fillfactor | alter table t reset (fillfactor)
cluster-on | alter table t cluster on t_b
replica-identity-full | alter table t replica identity full
owner | alter table t owner to current_user
set-schema | alter table t set schema information_schema
rename-table | alter table t rename to t_renamed
rename-column | alter table t rename column a to a_renamed
rename-constraint | alter table t rename constraint t_a to t_a_renamed
rename-column-parent | alter table parent rename column a to z
enable-trigger | alter table t enable trigger t_trg
disable-trigger-all | alter table t disable trigger all
enable-rls | alter table t enable row level security
force-rls | alter table t force row level security
attach-range | alter table ranges attach partition loose_ranges for values from (1000) to (2000)
attach-range-fit | alter table ranges attach partition fit_ranges for values from (1000) to (2000)
attach-range-tight | alter table ranges attach partition tight_ranges for values from (1000) to (2000)
attach-range-wide | alter table ranges attach partition wide_ranges for values from (1000) to (2000)
attach-list-default | alter table part attach partition loose_part for values in (3)
attach-list-fit-default | alter table part attach partition fit_part for values in (3, 4, 5)
detach | alter table ranges detach partition ranges_1
detach-foreign-key | alter table part detach partition part_1
inherit | alter table bare inherit parent
no-inherit | alter table heir no inherit parent
alter-only | alter table only parent alter a set default 1
alter-mixed | alter table t alter a set not null, add constraint c check (a > -10), alter b type varchar(20), add column c int
`;
