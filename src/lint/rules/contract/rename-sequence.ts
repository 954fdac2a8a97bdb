import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

const KINDS = ['OBJECT_SEQUENCE'];

export const renameSequence: Rule = {
  id: 'rename-sequence',
  hazards: ['C3'],
  class: 'contract',
  severity: 'error',
  title: 'Sequence renamed while old instances may draw from it',
  why: "Defaults follow the new name, but the old version's own nextval and currval calls fail with 42P01 at once.",
  help: 'Let the sequence keep its name until no old instance runs, then rename it in the contract phase.',
  allowedFrom: 'contract',
  bad: [{ before: 'create sequence ticket;', sql: 'alter sequence ticket rename to ticket_number;' }],
  good: [
    { before: 'create sequence ticket;', sql: 'alter sequence ticket rename to ticket_number;', phase: 'contract' },
  ],
  check(subject) {
    const object = 'RenameStmt' in subject.node ? movedObject(subject) : undefined;
    return object && KINDS.includes(object.kind)
      ? [{ message: `the old version cannot draw by name from ${describeObject(object)} any more` }]
      : [];
  },
};
