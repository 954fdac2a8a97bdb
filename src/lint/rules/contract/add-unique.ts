import { addedConstraints } from '../old-columns.ts';
import { mayCollide } from '../old-uniques.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const addUnique: Rule = {
  id: 'add-unique',
  hazards: ['C6'],
  class: 'contract',
  severity: 'error',
  title: 'UNIQUE or PRIMARY KEY added that old writers may violate',
  why: 'What the old version writes twice fails with 23505 from here on, and rows that are there twice make the statement itself fail.',
  help: 'Go in this order: let the new version write no duplicates, remove those that are there, build a unique index CONCURRENTLY in the postdeploy phase, and make the constraint of it with ADD CONSTRAINT … UNIQUE USING INDEX in the next file (0.3 ms instead of 26 ms on 100,000 rows).',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text);',
      sql: 'alter table orders add constraint orders_code_key unique (code);',
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: "alter table orders add column code text default 'none' unique;",
    },
  ],
  good: [
    {
      before:
        'create table orders (id bigint primary key, code text); create unique index orders_code_key on orders (code);',
      sql: 'alter table orders add constraint orders_code_key unique using index orders_code_key;',
    },
  ],
  check: (subject) =>
    addedConstraints(subject, ['CONSTR_UNIQUE', 'CONSTR_PRIMARY'])
      .filter(({ constraint, ...item }) =>
        mayCollide(subject, { ...item, treatsNullsAsEqual: constraint.nulls_not_distinct === true }),
      )
      .map(({ relation, columns }) => ({
        message: `the old version's writes of equal values in ${describeRelation(relation)} (${columns.join(', ')}) fail from here on`,
      })),
};
