drop index concurrently invoices_without_total;
