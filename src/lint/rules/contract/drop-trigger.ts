import { isMadeAgain } from '../definitions.ts';
import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const dropTrigger: Rule = {
  id: 'drop-trigger',
  hazards: ['C10'],
  class: 'contract',
  severity: 'error',
  title: "Trigger or rule dropped that the old version's writes may need",
  why: 'What it did for each row is left out from here on, without an error: a column that it filled stays empty, a copy that it kept falls behind, and the old version does not know that it should do it itself.',
  help: 'Keep it until no old instance writes, and drop it in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before:
        "create table orders (id bigint primary key, total numeric, amount numeric); create function copy_total() returns trigger language plpgsql as 'begin new.amount := new.total; return new; end'; create trigger orders_copy before insert or update on orders for each row execute function copy_total();",
      sql: 'drop trigger orders_copy on orders;',
    },
  ],
  good: [
    {
      before:
        "create table orders (id bigint primary key, total numeric, amount numeric); create function copy_total() returns trigger language plpgsql as 'begin new.amount := new.total; return new; end'; create trigger orders_copy before insert or update on orders for each row execute function copy_total();",
      sql: 'drop trigger orders_copy on orders;',
      phase: 'contract',
    },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_TRIGGER', 'OBJECT_RULE'])
      .filter(({ name }) => !isMadeAgain(subject, name))
      .map((object) => ({ message: `the old version's writes go without ${describeObject(object)} from here on` })),
};
