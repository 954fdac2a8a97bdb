import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

const KINDS = ['OBJECT_TYPE', 'OBJECT_DOMAIN'];

export const renameType: Rule = {
  id: 'rename-type',
  hazards: ['C3'],
  class: 'contract',
  severity: 'error',
  title: 'Type renamed while old instances may name it',
  why: "The old version's casts and declared parameters of the type fail with 42704 at once.",
  help: 'Let the type keep its name, or make a new one beside it and rename nothing while an old instance runs.',
  allowedFrom: 'contract',
  bad: [{ before: "create type mood as enum ('sad', 'glad');", sql: 'alter type mood rename to feeling;' }],
  good: [
    {
      before: "create type mood as enum ('sad', 'glad');",
      sql: 'alter type mood rename to feeling;',
      phase: 'contract',
    },
  ],
  check(subject) {
    const object = 'RenameStmt' in subject.node ? movedObject(subject) : undefined;
    return object && KINDS.includes(object.kind)
      ? [{ message: `the old version's statements that name ${describeObject(object)} fail from here on` }]
      : [];
  },
};
