import type { SqlNode } from '../../../system/index.ts';
import { newTable } from '../new-columns.ts';
import type { Rule, Subject } from '../rule.ts';
import { findNodes, functionsIn } from '../trees.ts';

export const volatileCheck: Rule = {
  id: 'volatile-check',
  hazards: ['S18'],
  class: 'style',
  severity: 'warning',
  title: 'Check whose answer changes while the row does not',
  why: 'A check is asked when a row is written, and taken to be true from then on. One that depends on the time, the session or chance lets rows become wrong that were right; restoring a backup of them fails with 23514.',
  help: 'Check such a condition in a trigger or in the application, and keep the check to what the row itself says.',
  bad: [
    { sql: 'create table orders (id bigint primary key, due date check (due >= current_date));' },
    {
      before: 'create table orders (id bigint primary key, due timestamptz);',
      sql: 'alter table orders add constraint due_later check (due > now()) not valid;',
      phase: 'postdeploy',
    },
  ],
  good: [{ sql: 'create table orders (id bigint primary key, made date, due date, check (due >= made));' }],
  check: (subject) =>
    checks(subject).flatMap((expression) => {
      const changing = changingParts(expression);
      return changing.length === 0
        ? []
        : [{ message: `the check depends on ${changing.join(', ')}, which changes without the row` }];
    }),
};

function checks(subject: Subject): readonly SqlNode[] {
  const { node } = subject;
  const isDefinition =
    newTable(subject) !== undefined ||
    'AlterTableStmt' in node ||
    'AlterDomainStmt' in node ||
    'CreateDomainStmt' in node;
  if (!isDefinition) return [];
  return findNodes(node, 'Constraint').flatMap(({ contype, raw_expr: expression }) =>
    contype === 'CONSTR_CHECK' && expression ? [expression] : [],
  );
}

/** Built-in functions that are not immutable and that people write in checks. */
const CHANGING = [
  'now',
  'clock_timestamp',
  'statement_timestamp',
  'transaction_timestamp',
  'timeofday',
  'random',
  'gen_random_uuid',
  'nextval',
  'current_setting',
];

function changingParts(expression: SqlNode): readonly string[] {
  const values = findNodes(expression, 'SQLValueFunction').map(({ op = '' }) => op.replace('SVFOP_', '').toLowerCase());
  const called = functionsIn(expression).filter((name) => CHANGING.includes(name));
  return [...new Set([...values, ...called])];
}
