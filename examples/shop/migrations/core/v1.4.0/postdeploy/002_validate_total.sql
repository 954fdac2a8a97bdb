alter table invoices validate constraint invoices_have_a_total;
