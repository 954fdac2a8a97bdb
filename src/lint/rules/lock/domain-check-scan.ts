import { relationFromParts } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, listNames, oldOnes } from '../statement-parts.ts';

export const domainCheckScan: Rule = {
  id: 'domain-check-scan',
  hazards: ['L19'],
  class: 'scan',
  severity: 'error',
  title: 'Domain constraint that is checked against every table with the domain',
  why: 'ALTER DOMAIN … ADD CHECK reads every table that has a column of the domain while it locks them: 12 ms for 100,000 rows, for each table.',
  help: 'Add it with NOT VALID, and validate it in a later file: ALTER DOMAIN … VALIDATE CONSTRAINT ….',
  bad: [
    {
      before: 'create domain amount as int; create table orders (id bigint primary key, total amount);',
      sql: 'alter domain amount add constraint positive check (value > 0);',
      phase: 'postdeploy',
    },
  ],
  good: [
    {
      before: 'create domain amount as int; create table orders (id bigint primary key, total amount);',
      sql: 'alter domain amount add constraint positive check (value > 0) not valid;',
      phase: 'postdeploy',
    },
  ],
  check(subject) {
    const { node, effects, schema } = subject;
    if (!('AlterDomainStmt' in node) || !['C', 'O'].includes(node.AlterDomainStmt.subtype ?? '')) return [];
    const name = relationFromParts(node.AlterDomainStmt.typeName);
    const constraint = node.AlterDomainStmt.def;
    const isNotValid = constraint && 'Constraint' in constraint && constraint.Constraint.skip_validation === true;
    if (!name || isNotValid || schema.findType(name)?.isNew) return [];
    const scanned = oldOnes(subject, effects.scans);
    const tables = scanned.length > 0 ? listNames(scanned) : `every table with a column of ${describeRelation(name)}`;
    return [{ message: `writers wait until ${tables} was read` }];
  },
};
