import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const setSchema: Rule = {
  id: 'set-schema',
  hazards: ['C12'],
  class: 'contract',
  severity: 'error',
  title: 'Object moved to another schema while old instances may name it',
  why: "The old version's statements that name it with its schema, or whose search_path lacks the new one, fail with 42P01, 42883 or 42704 at once.",
  help: 'Leave it where it is and make a view, or a function that calls it, in the new schema; move it in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create schema audit; create table entries (id bigint primary key);',
      sql: 'alter table entries set schema audit;',
    },
  ],
  good: [
    {
      before: 'create schema audit; create table entries (id bigint primary key);',
      sql: 'alter table entries set schema audit;',
      phase: 'contract',
    },
    {
      before: 'create schema audit;',
      sql: 'create table notes (id bigint primary key); alter table notes set schema audit;',
    },
  ],
  check(subject) {
    const object = 'AlterObjectSchemaStmt' in subject.node ? movedObject(subject) : undefined;
    return object ? [{ message: `the old version looks for ${describeObject(object)} where it is no longer` }] : [];
  },
};
