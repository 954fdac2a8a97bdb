alter table orders add column voucher_code text;
