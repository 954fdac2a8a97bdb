drop trigger keep_customer_name_in_step on customers;

drop function keep_customer_name_in_step();

alter table customers drop column name;
