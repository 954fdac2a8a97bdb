create table customers (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text not null
);

-- onward:allow foreign-key-without-index until 2.0.0: the shop never deletes a customer, and 1.1.0 adds an index
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
-- onward:allow table-without-primary-key until 2.0.0: equal rows are what it is there to show
create table order_receipts (
  order_id uuid not null,
  received_at timestamptz not null default now()
);
