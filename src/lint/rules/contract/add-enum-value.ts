import { relationFromParts } from '../../../sql/index.ts';
import { isOldObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const addEnumValue: Rule = {
  id: 'add-enum-value',
  hazards: ['C13', 'S12'],
  class: 'contract',
  severity: 'warning',
  title: 'Enum value added that old instances may read',
  why: 'The statement itself breaks nothing. But as soon as a new instance writes the value, an old one may read it and fail where it decodes the value: most generated clients know only the values of their own release. A value that was added cannot be taken away again.',
  help: 'Let a release that can read the value go out first, or add the value in the postdeploy phase, and write it only when no old instance runs.',
  allowedFrom: 'postdeploy',
  bad: [
    { before: "create type mood as enum ('sad', 'glad');", sql: "alter type mood add value 'angry';" },
    {
      before: "create type mood as enum ('sad', 'glad');",
      sql: "alter type mood add value if not exists 'calm' before 'glad';",
    },
  ],
  good: [
    {
      before: "create type mood as enum ('sad', 'glad');",
      sql: "alter type mood add value 'angry';",
      phase: 'postdeploy',
    },
  ],
  check(subject) {
    const { node } = subject;
    if (!('AlterEnumStmt' in node) || node.AlterEnumStmt.oldVal !== undefined) return [];
    const { typeName, newVal, newValNeighbor: neighbour } = node.AlterEnumStmt;
    const name = relationFromParts(typeName);
    if (!name || !isOldObject(subject, { kind: 'OBJECT_TYPE', name })) return [];
    if (subject.schema.findType(name)?.values?.includes(newVal ?? '')) return [];
    const order = neighbour === undefined ? '' : `, and sorts it beside '${neighbour}'`;
    return [
      { message: `the old version may read '${newVal}' as ${describeRelation(name)} without knowing it${order}` },
    ];
  },
};
