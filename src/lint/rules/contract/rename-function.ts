import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

const KINDS = ['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE'];

export const renameFunction: Rule = {
  id: 'rename-function',
  hazards: ['C3'],
  class: 'contract',
  severity: 'error',
  title: 'Function renamed while old instances may call it',
  why: "The old version's calls of the function fail with 42883 at once.",
  help: 'Make a function with the new name that does the work, let the old one call it, and drop the old one in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: 'alter function tax(numeric) rename to vat;',
    },
  ],
  good: [
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "create function vat(amount numeric) returns numeric language sql as 'select amount * 0.2';",
    },
  ],
  check(subject) {
    const object = 'RenameStmt' in subject.node ? movedObject(subject) : undefined;
    return object && KINDS.includes(object.kind)
      ? [{ message: `the old version's calls of ${describeObject(object)} fail from here on` }]
      : [];
  },
};
