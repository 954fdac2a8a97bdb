drop trigger keep_invoice_json on invoice_lines;

drop function keep_invoice_json();
