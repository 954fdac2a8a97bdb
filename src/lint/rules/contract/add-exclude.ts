import { addedConstraints, leftBehind } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const addExclude: Rule = {
  id: 'add-exclude',
  hazards: ['C6'],
  class: 'contract',
  severity: 'error',
  title: 'Exclusion constraint added that old writers may violate',
  why: 'What the old version writes against it fails with 23P01 from here on. There is no NOT VALID form, and rows that overlap already make the statement itself fail.',
  help: 'Go in this order: let the new version write nothing that overlaps, correct the old rows, and add the constraint in the postdeploy phase.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table stays (id bigint primary key, during tsrange);',
      sql: 'alter table stays add constraint no_overlap exclude using gist (during with &&);',
    },
  ],
  good: [
    { sql: 'create table stays (id bigint primary key, during tsrange, exclude using gist (during with &&));' },
    {
      before: 'create table orders (id bigint primary key, total numeric);',
      sql: 'alter table orders add constraint total_positive check (total > 0) not valid;',
      phase: 'postdeploy',
    },
  ],
  check: (subject) =>
    addedConstraints(subject, ['CONSTR_EXCLUSION'])
      .filter(({ relation, columns }) => columns.every((name) => leftBehind(subject, relation, name) !== 'null'))
      .map(({ relation }) => ({
        message: `the old version's writes into ${describeRelation(relation)} that the new constraint excludes fail from here on`,
      })),
};
