create or replace view invoice_items as
  select invoice_id, position, item, cents from invoice_lines;
