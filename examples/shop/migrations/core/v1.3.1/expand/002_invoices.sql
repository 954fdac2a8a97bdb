-- The invoice of an order has the order's id.
-- onward:allow foreign-key-without-index until 2.0.0: the shop never deletes a customer
create table invoices (
  id uuid primary key,
  customer_id bigint not null references customers (id),
  issued_at timestamptz not null default now(),
  -- [{ "item": "Item 7", "cents": 1200 }]
  lines jsonb not null default '[]'
);
