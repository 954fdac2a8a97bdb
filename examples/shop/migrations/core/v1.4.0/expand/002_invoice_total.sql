alter table invoices add column total_cents bigint;

create function invoice_total(lines jsonb) returns bigint language sql immutable as $$
  select coalesce(sum((line ->> 'cents')::bigint), 0) from jsonb_array_elements(lines) as line
$$;
