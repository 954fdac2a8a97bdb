import { relationName } from '../../../sql/index.ts';
import { leftBehind } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';

export const renameColumn: Rule = {
  id: 'rename-column',
  hazards: ['C3'],
  class: 'contract',
  severity: 'error',
  title: 'Column renamed while old instances may name it',
  why: "The old version's statements that name the column fail with 42703 at once, and the new version's failed until then: no moment is right for both.",
  help: 'Add a column with the new name, keep both filled (a trigger, or the new version writes both), copy the old rows in batches, read the new one, and drop the old one in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'alter table orders rename column note to remark;',
    },
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'alter view open_orders rename column id to order_id;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'alter table orders add column remark text;',
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'alter table orders rename column note to remark;',
      phase: 'contract',
    },
  ],
  check(subject) {
    const { node } = subject;
    if (!('RenameStmt' in node) || node.RenameStmt.renameType !== 'OBJECT_COLUMN') return [];
    const { relation: range, subname = '' } = node.RenameStmt;
    const relation = relationName(range);
    if (!relation || !isOld(subject, relation) || leftBehind(subject, relation, subname) !== 'known') return [];
    return [
      { message: `the old version's statements that name ${describeRelation(relation)}.${subname} fail from here on` },
    ];
  },
};
