import type { DdlCase } from './ddl-case.ts';

/** What hangs on tables, partitions and views. */
export const ATTACHED_CASES: readonly DdlCase[] = [
  { sql: 'create index archive_at on archive (at)', changes: ['none - index public.archive.archive_at added'] },
  {
    sql: 'create unique index archive_id on archive (id)',
    changes: ['breaks C6 index public.archive.archive_id added'],
  },
  {
    sql: 'create unique index customer_vat2 on customer (vat)',
    changes: ['none - index public.customer.customer_vat2 added'],
  },
  { sql: 'drop index customer_name', changes: ['visible C9 index public.customer.customer_name removed'] },
  { sql: 'drop index customer_vat', changes: ['breaks C9 index public.customer.customer_vat removed'] },
  { sql: 'drop index customer_lower', changes: ['breaks C9 index public.customer.customer_lower removed'] },
  {
    sql: 'alter index customer_name rename to customer_by_name',
    changes: ['visible C3 index public.customer.customer_name name'],
  },
  {
    sql: 'drop index customer_name; create index customer_name on customer (name desc)',
    changes: ['visible C9 index public.customer.customer_name definition'],
  },
  {
    sql: 'drop index customer_name; create unique index customer_name on customer (name)',
    changes: ['breaks C6 index public.customer.customer_name definition'],
  },
  { sql: 'create index on event (what)', changes: ['none - index public.event.event_what_idx added'] },
  {
    sql: 'create trigger archive_touch before insert on archive for each row execute function touch()',
    changes: ['breaks C10 trigger public.archive.archive_touch added'],
  },
  { sql: 'drop trigger orders_touch on orders', changes: ['breaks C10 trigger public.orders.orders_touch removed'] },
  {
    sql: 'alter table orders disable trigger orders_touch',
    changes: ['breaks C10 trigger public.orders.orders_touch enabled'],
  },
  {
    sql: 'drop trigger orders_touch on orders; create trigger orders_touch after update on orders for each row execute function touch()',
    changes: ['breaks C10 trigger public.orders.orders_touch definition'],
  },
  {
    sql: 'alter trigger orders_touch on orders rename to touched',
    changes: ['none - trigger public.orders.orders_touch name'],
  },
  {
    sql: 'alter table archive enable row level security',
    changes: ['breaks C10 table public.archive row-level security'],
  },
  {
    sql: 'alter table ledger disable row level security',
    changes: ['breaks C10 table public.ledger row-level security'],
  },
  {
    sql: 'alter table ledger force row level security',
    changes: ['breaks C10 table public.ledger row-level security'],
  },
  { sql: 'drop policy own on ledger', changes: ['breaks C10 policy public.ledger.own removed'] },
  { sql: 'alter policy own on ledger using (amount > 1)', changes: ['breaks C10 policy public.ledger.own definition'] },
  { sql: 'alter policy asleep on orders using (false)', changes: ['none - policy public.orders.asleep definition'] },
  {
    sql: 'create policy more on ledger for all to reader with check (amount < 0)',
    changes: ['breaks C10 policy public.ledger.more added'],
  },
  { sql: 'alter policy own on ledger rename to mine', changes: ['none - policy public.ledger.own name'] },
  {
    sql: 'create rule quiet as on insert to archive do instead nothing',
    changes: ['breaks C10 rule public.archive.quiet added'],
  },
  { sql: 'drop rule keep on ledger', changes: ['breaks C10 rule public.ledger.keep removed'] },
  { sql: 'alter table event add column who text', changes: ['visible C11 column public.event.who added'] },
  { sql: 'alter table event rename column what to info', changes: ['breaks C3 column public.event.what name'] },
  { sql: 'alter table event drop column what', changes: ['breaks C1 column public.event.what removed'] },
  { sql: 'alter table event alter column what set not null', changes: ['breaks C5 column public.event.what not null'] },
  { sql: 'create table event_rest partition of event default', changes: ['none - table public.event_rest added'] },
  {
    sql: 'alter table event_2024 add constraint known check (id > 0)',
    changes: ['breaks C6 constraint public.event_2024.known added'],
  },
  {
    sql: 'alter table event add constraint known check (id > 0)',
    changes: ['breaks C6 constraint public.event.known added'],
  },
  {
    sql: 'alter table event add primary key (id, at)',
    changes: ['breaks C6 constraint public.event.event_pkey added'],
  },
  { sql: 'alter table event_2024 rename to event_old', changes: ['breaks C3 table public.event_2024 name'] },
  { sql: 'alter table event alter column what type varchar(9)', changes: ['breaks C4 column public.event.what type'] },
  {
    sql: `create table event_2025 partition of event for values from ('2025-01-01') to ('2026-01-01')`,
    changes: ['none - table public.event_2025 added'],
  },
  { sql: 'alter table event detach partition event_2024', changes: ['breaks C12 table public.event_2024 partition'] },
  {
    sql: `alter table event attach partition archive for values from ('2023-01-01') to ('2024-01-01')`,
    changes: ['breaks C12 table public.archive partition'],
  },
  { sql: 'create table heir () inherits (archive)', changes: ['none - table public.heir added'] },
  { sql: 'alter table archive set unlogged', changes: ['visible C12 table public.archive unlogged'] },
  { sql: 'alter table archive replica identity full', changes: ['visible - table public.archive replica identity'] },
  {
    sql: 'alter table customer replica identity using index customer_pkey',
    changes: ['visible - table public.customer replica identity'],
  },
  {
    sql: 'alter table archive set (fillfactor = 70, autovacuum_enabled = false)',
    changes: ['none - table public.archive options'],
  },
  {
    sql: 'create or replace view customer_names as select id, name, email from customer',
    changes: [
      'visible C10 view public.customer_names definition',
      'visible C11 column public.customer_names.email added',
    ],
  },
  {
    sql: 'create or replace view customer_names as select id, name from customer where id > 1',
    changes: ['visible C10 view public.customer_names definition'],
  },
  {
    sql: 'drop view regulars; drop view customer_names; create view customer_names as select name, id from customer; create view regulars as select n.id from customer_names n',
    changes: [
      'visible C10 view public.customer_names definition',
      'breaks C11 view public.customer_names column order',
    ],
  },
  {
    sql: 'drop view regulars; drop view customer_names; create view customer_names as select id::int as id, name from customer; create view regulars as select n.id from customer_names n',
    changes: [
      'visible C10 view public.customer_names definition',
      'breaks C10 column public.customer_names.id type',
      'breaks C10 column public.regulars.id type',
    ],
  },
  { sql: 'drop view regulars', changes: ['breaks C2 view public.regulars removed'] },
  { sql: 'alter view regulars rename to visitors', changes: ['breaks C3 view public.regulars name'] },
  {
    sql: 'alter view customer_names rename column name to title',
    changes: ['visible C10 view public.customer_names definition', 'breaks C10 column public.customer_names.name name'],
  },
  { sql: 'alter view regulars set (security_barrier = true)', changes: ['visible C10 view public.regulars options'] },
  { sql: 'create view fresh as select * from orders', changes: ['none - view public.fresh added'] },
  {
    sql: 'drop materialized view totals; create materialized view totals as select count(*) as orders, max(at) as latest from orders',
    changes: ['visible C10 view public.totals definition', 'visible C11 column public.totals.latest added'],
  },
  {
    sql: 'create unique index totals_orders on totals (orders)',
    changes: ['none - index public.totals.totals_orders added'],
  },
  {
    sql: 'refresh materialized view totals with no data',
    changes: ['breaks C10 view public.totals populated'],
    notRepaired: ['breaks C10 view public.totals populated'],
  },
  {
    sql: 'create trigger v instead of insert on regulars for each row execute function touch()',
    changes: ['breaks C10 trigger public.regulars.v added'],
  },
];
