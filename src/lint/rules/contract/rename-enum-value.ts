import { relationFromParts } from '../../../sql/index.ts';
import { isOldObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const renameEnumValue: Rule = {
  id: 'rename-enum-value',
  hazards: ['C3', 'C13'],
  class: 'contract',
  severity: 'error',
  title: 'Enum value renamed while old instances write and read it',
  why: "The old version's INSERTs with the old value fail with 22P02, and its reads meet a value that it does not know. No prepared statement shows this beforehand: the value is data to it.",
  help: 'Add the new value beside the old one, let the new version write it and read both, update the old rows in batches, and leave the old value unused.',
  allowedFrom: 'contract',
  bad: [
    { before: "create type mood as enum ('sad', 'glad');", sql: "alter type mood rename value 'glad' to 'happy';" },
  ],
  good: [
    {
      before: "create type mood as enum ('sad', 'glad');",
      sql: "alter type mood add value 'happy';",
      phase: 'postdeploy',
    },
    {
      before: "create type mood as enum ('sad', 'glad');",
      sql: "alter type mood rename value 'glad' to 'happy';",
      phase: 'contract',
    },
  ],
  check(subject) {
    const { node } = subject;
    if (!('AlterEnumStmt' in node) || node.AlterEnumStmt.oldVal === undefined) return [];
    const name = relationFromParts(node.AlterEnumStmt.typeName);
    if (!name || !isOldObject(subject, { kind: 'OBJECT_TYPE', name })) return [];
    const { oldVal, newVal } = node.AlterEnumStmt;
    return [
      {
        message: `the old version can no longer write '${oldVal}' as ${describeRelation(name)}, and reads '${newVal}' where it was`,
      },
    ];
  },
};
