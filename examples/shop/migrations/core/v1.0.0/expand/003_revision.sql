-- What the services ask for when they tell whether they are ready.
create table schema_revisions (
  revision integer primary key
);

insert into schema_revisions (revision) values (1);
