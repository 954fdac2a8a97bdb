insert into schema_revisions (revision) values (6);
