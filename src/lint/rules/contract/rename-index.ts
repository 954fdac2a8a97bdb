import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const renameIndex: Rule = {
  id: 'rename-index',
  hazards: ['C3'],
  class: 'contract',
  severity: 'warning',
  title: 'Index renamed that hints or a constraint may name',
  why: "A query hint that names the index is ignored from here on, without an error, and the query scans. The index of a constraint takes the constraint's name along, and ON CONFLICT ON CONSTRAINT fails with 42704.",
  help: 'Let the index keep its name until no old instance runs: rename it in the contract phase.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text); create index code_index on orders (code);',
      sql: 'alter index code_index rename to orders_code;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, code text); create index code_index on orders (code);',
      sql: 'alter index code_index rename to orders_code;',
      phase: 'contract',
    },
  ],
  check(subject) {
    const object = 'RenameStmt' in subject.node ? movedObject(subject) : undefined;
    if (object?.kind !== 'OBJECT_INDEX') return [];
    return [{ message: `${describeObject(object)} is not found by its name any more` }];
  },
};
