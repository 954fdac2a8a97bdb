create table shipments (
  id bigint generated always as identity primary key,
  order_id uuid not null,
  shipped_at timestamptz not null default now()
);

create index shipments_order on shipments (order_id);

alter table shipments
  add constraint shipments_order_exists foreign key (order_id) references orders (id) not valid;
