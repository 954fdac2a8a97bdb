create table customers (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text not null
);

create table orders (
  id uuid primary key,
  customer_id bigint not null references customers (id),
  item text not null,
  cents integer not null,
  state text not null default 'new',
  placed_at timestamptz not null default now()
);

create index orders_placed_at on orders (placed_at);

-- One row for every time that an order was stored: nothing here is unique, so that a doubled write shows.
create table order_receipts (
  order_id uuid not null,
  received_at timestamptz not null default now()
);
