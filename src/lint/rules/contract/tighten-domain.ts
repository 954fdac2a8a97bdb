import { relationFromParts } from '../../../sql/index.ts';
import { isOldObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const tightenDomain: Rule = {
  id: 'tighten-domain',
  hazards: ['C6'],
  class: 'contract',
  severity: 'error',
  title: 'Domain narrowed that old instances write',
  why: 'It binds every column of the domain at once: what the old version writes against it fails with 23514 or 23502 from here on, also with NOT VALID.',
  help: 'Go in this order: let the new version write only what fits, correct the old rows in batches, add the check NOT VALID in the postdeploy phase, and validate it in the next file.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create domain amount as numeric; create table orders (id bigint primary key, total amount);',
      sql: 'alter domain amount add constraint positive check (value > 0) not valid;',
    },
    { before: 'create domain amount as numeric;', sql: 'alter domain amount set not null;' },
  ],
  good: [
    {
      before: 'create domain amount as numeric; create table orders (id bigint primary key, total amount);',
      sql: 'alter domain amount add constraint positive check (value > 0) not valid;',
      phase: 'postdeploy',
    },
  ],
  check(subject) {
    const { node } = subject;
    // C adds a constraint, O sets NOT NULL.
    if (!('AlterDomainStmt' in node) || !['C', 'O'].includes(node.AlterDomainStmt.subtype ?? '')) return [];
    const name = relationFromParts(node.AlterDomainStmt.typeName);
    if (!name || !isOldObject(subject, { kind: 'OBJECT_DOMAIN', name })) return [];
    return [
      {
        message: `the old version's writes into columns of the domain ${describeRelation(name)} that do not fit fail from here on`,
      },
    ];
  },
};
