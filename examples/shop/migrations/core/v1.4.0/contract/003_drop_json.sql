alter table invoices
  drop column lines,
  drop constraint invoices_have_a_total;

drop function invoice_total(jsonb);
