-- What 1.4.0 reads: the lines of an invoice, also of one whose lines still stand in JSON alone. The contract leaves the lines.
create view invoice_items as
  select invoice_id, position, item, cents from invoice_lines
  union all
  select invoices.id, line.position::integer, line.value ->> 'item', (line.value ->> 'cents')::integer
    from invoices, jsonb_array_elements(invoices.lines) with ordinality as line (value, position)
   where not exists (select from invoice_lines where invoice_id = invoices.id);
