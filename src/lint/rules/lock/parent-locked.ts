import { isStrong } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { listNames, oldOnes } from '../statement-parts.ts';

export const parentLocked: Rule = {
  id: 'parent-locked',
  hazards: ['L17', 'L6', 'L8'],
  class: 'lock',
  severity: 'warning',
  title: 'Lock on the other table of a foreign key',
  why: 'A foreign key makes triggers on the table that it points at, and its writers wait for that; dropping one locks both tables against everybody. It is short, but it queues behind every open transaction there.',
  help: 'Keep the foreign key in a file of its own, so that only one table at a time is waited for. Onward waits for a moment when both are free.',
  bad: [
    {
      before: 'create table customers (id bigint primary key);',
      sql: 'create table orders (id bigint primary key, customer_id bigint references customers); create table notes (id bigint primary key, order_id bigint references orders);',
    },
  ],
  good: [
    {
      before: 'create table customers (id bigint primary key);',
      sql: 'create table orders (id bigint primary key, customer_id bigint); create index orders_customer on orders (customer_id);',
    },
  ],
  check(subject) {
    if (!('CreateStmt' in subject.node) || subject.file.statements.length === 1) return [];
    const strong = subject.effects.locks.filter(({ mode }) => isStrong(mode)).map(({ relation }) => relation);
    const parents = oldOnes(subject, strong);
    return parents.length === 0 ? [] : [{ message: `writers of ${listNames(parents)} wait until the file has ended` }];
  },
};
