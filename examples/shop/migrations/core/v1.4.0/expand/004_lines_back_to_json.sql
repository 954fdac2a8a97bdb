-- The other way is declared as dualWrite in releases.d/1.4.0.yaml. This one is for the services of 1.3.1, which read the JSON column
-- alone: what 1.4.0 writes as lines is put there too, until the column goes.
create function keep_invoice_json() returns trigger language plpgsql as $$
begin
  update invoices
     set lines = (select jsonb_agg(jsonb_build_object('item', item, 'cents', cents) order by position)
                    from added where invoice_id = invoices.id)
   where lines = '[]' and id in (select invoice_id from added);
  return null;
end
$$;

create trigger keep_invoice_json
  after insert on invoice_lines referencing new table as added
  for each statement execute function keep_invoice_json();
