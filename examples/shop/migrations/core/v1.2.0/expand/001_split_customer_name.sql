alter table customers
  add column given_name text,
  add column family_name text;

-- Services of two releases write: the old one knows the whole name only, the new one its parts only.
create function keep_customer_name_in_step() returns trigger language plpgsql as $$
begin
  if (new.given_name, new.family_name) is distinct from (old.given_name, old.family_name) then
    new.name := new.given_name || coalesce(' ' || new.family_name, '');
  elsif new.name is distinct from old.name or new.given_name is null then
    new.given_name := split_part(new.name, ' ', 1);
    new.family_name := nullif(substr(new.name, length(new.given_name) + 2), '');
  end if;
  return new;
end
$$;

create trigger keep_customer_name_in_step
  before insert or update on customers
  for each row execute function keep_customer_name_in_step();
