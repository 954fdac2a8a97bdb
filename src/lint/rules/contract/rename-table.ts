import { laterView } from '../definitions.ts';
import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

const KINDS = ['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'];

export const renameTable: Rule = {
  id: 'rename-table',
  hazards: ['C3'],
  class: 'contract',
  severity: 'error',
  title: 'Table or view renamed while old instances may name it',
  why: "The old version's statements fail with 42P01 at once, and the new version's failed until then: no moment is right for both.",
  help: 'Make a view with the old name in the same transaction (create view old as select * from new): reads and writes through it work until it is dropped in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create table orders (id bigint primary key);', sql: 'alter table orders rename to purchases;' },
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'alter view open_orders rename to waiting_orders;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders rename to purchases; create view orders as select * from purchases;',
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders rename to purchases;',
      phase: 'contract',
    },
    { sql: 'create table drafts (id bigint primary key); alter table drafts rename to notes;' },
  ],
  check(subject) {
    const object = 'RenameStmt' in subject.node ? movedObject(subject) : undefined;
    if (!object || !KINDS.includes(object.kind) || laterView(subject, object.name)) return [];
    return [{ message: `the old version's statements on ${describeObject(object)} fail from here on` }];
  },
};
