import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const dropTable: Rule = {
  id: 'drop-table',
  hazards: ['C2'],
  class: 'contract',
  severity: 'error',
  title: 'Table dropped while old instances may use it',
  why: 'Until every instance of the old version has stopped, its statements on the table fail with 42P01, and the rows are gone for good: rolling back brings neither back.',
  help: 'Stop using the table in one release, revoke the rights on it to see that nothing needs it (one GRANT takes that back), drop its foreign keys one by one, and drop it in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create table orders (id bigint primary key);', sql: 'drop table orders;' },
    { before: 'create table orders (id bigint primary key);', sql: 'drop table if exists orders, lines;' },
  ],
  good: [
    { before: 'create table orders (id bigint primary key);', sql: 'drop table orders;', phase: 'contract' },
    { sql: 'create table import (line text primary key); drop table import;' },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE']).map((object) => ({
      message: `the old version's statements on ${describeObject(object)} fail from here on, and its rows are gone`,
    })),
};
