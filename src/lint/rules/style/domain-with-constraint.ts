import { relationFromParts } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const domainWithConstraint: Rule = {
  id: 'domain-with-constraint',
  hazards: ['S13'],
  class: 'style',
  severity: 'warning',
  title: 'Domain with a constraint, which makes every later change of it heavy',
  why: 'A column of such a domain that is added to a table rewrites it, even when it is nullable (169 ms for 100,000 rows, against 0.4 ms for a plain type), and every change of the check reads all tables that have a column of it.',
  help: 'Use the plain type, with a CHECK on each column; or make the domain without a constraint.',
  bad: [{ sql: 'create domain amount as numeric check (value >= 0);' }],
  good: [
    { sql: 'create domain amount as numeric;' },
    { sql: 'create table orders (id bigint primary key, total numeric check (total >= 0));' },
  ],
  check({ node }) {
    if (!('CreateDomainStmt' in node)) return [];
    const name = relationFromParts(node.CreateDomainStmt.domainname);
    const isConstrained = (node.CreateDomainStmt.constraints ?? []).some(
      (item) => 'Constraint' in item && ['CONSTR_CHECK', 'CONSTR_NOTNULL'].includes(item.Constraint.contype ?? ''),
    );
    return name && isConstrained
      ? [
          {
            message: `adding a column of ${describeRelation(name)} to a table rewrites it, and changing the constraint reads every table that has one`,
          },
        ]
      : [];
  },
};
