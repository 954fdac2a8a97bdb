-- A tenth of the customers at a time, so that nobody who writes to one of them waits for more than a moment. The trigger splits the
-- name of every row that is written. Without a transaction around the file, each statement is one of its own.
update customers set name = name where given_name is null and id % 10 = 0;
update customers set name = name where given_name is null and id % 10 = 1;
update customers set name = name where given_name is null and id % 10 = 2;
update customers set name = name where given_name is null and id % 10 = 3;
update customers set name = name where given_name is null and id % 10 = 4;
update customers set name = name where given_name is null and id % 10 = 5;
update customers set name = name where given_name is null and id % 10 = 6;
update customers set name = name where given_name is null and id % 10 = 7;
update customers set name = name where given_name is null and id % 10 = 8;
update customers set name = name where given_name is null and id % 10 = 9;
