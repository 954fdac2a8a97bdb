-- What 1.3.0 forgot.
create table vouchers (
  code text primary key,
  percent integer not null
);
