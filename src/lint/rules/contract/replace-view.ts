import { laterView, type ViewNode, viewColumns } from '../definitions.ts';
import { droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const replaceView: Rule = {
  id: 'replace-view',
  hazards: ['C10'],
  class: 'contract',
  severity: 'error',
  title: 'View made again with other columns',
  why: "CREATE OR REPLACE VIEW refuses to take a column away (42P16); DROP and CREATE does not, and then the old version's statements that name the column fail with 42703, and those that read by position get another one.",
  help: 'Keep the columns that were there, in their order, and append new ones; with only that, CREATE OR REPLACE VIEW works. Take columns away in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before:
        'create table orders (id bigint primary key, note text); create view notes as select id, note from orders;',
      sql: 'drop view notes; create view notes as select id from orders;',
    },
    {
      before:
        'create table orders (id bigint primary key, note text); create view notes as select id, note from orders;',
      sql: 'drop view notes; create view notes as select note, id from orders;',
    },
    {
      before: 'create table orders (id bigint primary key, note text); create view notes as select * from orders;',
      sql: 'drop view notes; create view notes as select id, note from orders;',
    },
  ],
  good: [
    {
      before:
        'create table orders (id bigint primary key, note text); create view notes as select id, note from orders;',
      sql: 'create or replace view notes as select id, note, upper(note) as title from orders;',
    },
    {
      before:
        'create table orders (id bigint primary key, note text); create view notes (a, b) as select id, note from orders;',
      sql: 'drop view notes; create view notes as select id as a, note as b, upper(note) as c from orders;',
    },
  ],
  check(subject) {
    return droppedObjects(subject, ['OBJECT_VIEW']).flatMap(({ name }) => {
      const made = laterView(subject, name);
      const old = subject.schema.findObject('view', name)?.node;
      const change = made && describeChange(old && 'ViewStmt' in old ? old.ViewStmt : undefined, made);
      return change === undefined
        ? []
        : [{ message: `the view ${describeRelation(name)} is made again, and ${change}` }];
    });
  },
};

function describeChange(old: ViewNode | undefined, made: ViewNode): string | undefined {
  const [before, after] = [old && viewColumns(old), viewColumns(made)];
  if (!before || !after) return 'whether it keeps its columns could not be told';
  const gone = before.filter((column) => !after.includes(column));
  if (gone.length > 0) return `the old version's statements that name ${gone.join(', ')} fail`;
  const isMoved = before.some((column, position) => after[position] !== column);
  return isMoved ? "the old version's statements that read by position get other columns" : undefined;
}
