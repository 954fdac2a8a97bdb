alter table invoices add constraint invoices_have_a_total check (total_cents is not null) not valid;
