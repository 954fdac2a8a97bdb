-- Answers at once how many invoices are in the old shape: the contract asks under its lock.
create index concurrently invoices_without_total on invoices (id) where total_cents is null;
