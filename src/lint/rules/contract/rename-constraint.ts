import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';

export const renameConstraint: Rule = {
  id: 'rename-constraint',
  hazards: ['C3'],
  class: 'contract',
  severity: 'warning',
  title: 'Constraint renamed that old instances may name',
  why: "ON CONFLICT ON CONSTRAINT fails with 42704 when its constraint has another name, and error handling that looks at the constraint's name no longer knows what went wrong.",
  help: 'Let the constraint keep its name until no old instance runs: rename it in the contract phase.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text, constraint code_once unique (code));',
      sql: 'alter table orders rename constraint code_once to orders_code_key;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, code text, constraint code_once unique (code));',
      sql: 'alter table orders rename constraint code_once to orders_code_key;',
      phase: 'contract',
    },
  ],
  check(subject) {
    const { node } = subject;
    if (!('RenameStmt' in node) || node.RenameStmt.renameType !== 'OBJECT_TABCONSTRAINT') return [];
    const { relation: range, subname = '' } = node.RenameStmt;
    const relation = relationName(range);
    if (!relation || !isOld(subject, relation)) return [];
    const constraint = subject.schema.findTable(relation)?.constraints.get(subname);
    if (constraint && subject.schema.isNew(constraint.born)) return [];
    return [
      { message: `the old version does not find ${subname} on ${describeRelation(relation)} by its name any more` },
    ];
  },
};
