alter table customers
  add constraint customers_have_a_given_name check (given_name is not null) not valid;
