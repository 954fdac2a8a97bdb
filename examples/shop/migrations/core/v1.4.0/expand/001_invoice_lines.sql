create table invoice_lines (
  invoice_id uuid not null references invoices (id),
  position integer not null,
  item text not null,
  cents integer not null,
  primary key (invoice_id, position)
);
