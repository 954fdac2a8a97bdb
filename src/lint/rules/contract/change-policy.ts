import { relationName } from '../../../sql/index.ts';
import { laterInTransaction } from '../file-index.ts';
import { droppedObjects, isSameName } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';
import { isSameTree } from '../trees.ts';

export const changePolicy: Rule = {
  id: 'change-policy',
  hazards: ['C10'],
  class: 'contract',
  severity: 'error',
  title: 'Row-level policy changed or dropped under old instances',
  why: 'The old version sees other rows than before, without an error, and its writes of rows that no policy allows fail with 42501. A permissive policy that is added only shows more; a restrictive one hides, and so does the lack of one.',
  help: 'Add a permissive policy for the new version beside the old one, and change or drop the old one in the postdeploy phase.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before:
        'create table orders (id bigint primary key, shop bigint); alter table orders enable row level security; create policy own on orders using (shop = 1);',
      sql: 'drop policy own on orders;',
    },
    {
      before:
        'create table orders (id bigint primary key, shop bigint); alter table orders enable row level security; create policy own on orders using (shop = 1);',
      sql: 'alter policy own on orders using (shop = 2);',
    },
    {
      before: 'create table orders (id bigint primary key, shop bigint); alter table orders enable row level security;',
      sql: 'create policy few on orders as restrictive using (shop < 9);',
    },
  ],
  good: [
    {
      before:
        'create table orders (id bigint primary key, shop bigint); alter table orders enable row level security; create policy own on orders using (shop = 1);',
      sql: 'create policy others on orders using (shop = 2);',
    },
    {
      before:
        'create table orders (id bigint primary key, shop bigint); alter table orders enable row level security; create policy own on orders using (shop = 1);',
      sql: 'drop policy if exists own on orders; create policy own on orders using (shop = 1);',
    },
  ],
  check: (subject) => [...checkDropped(subject), ...checkChanged(subject)],
};

function checkDropped(subject: Subject): readonly Hit[] {
  return droppedObjects(subject, ['OBJECT_POLICY']).flatMap(({ name }) => {
    const { table } = name;
    if (!table || isWithoutEffect(subject, table)) return [];
    const old = subject.schema.findObject('policy', name)?.node;
    const made = laterInTransaction(subject, table.name).find(
      ({ node }) =>
        'CreatePolicyStmt' in node &&
        node.CreatePolicyStmt.policy_name === name.name &&
        isSameName(relationName(node.CreatePolicyStmt.table), table),
    );
    if (old && made && isSameTree(old, made.node)) return [];
    return [
      {
        message: `the old version sees and writes other rows of ${describeRelation(table)} without the policy ${name.name}`,
      },
    ];
  });
}

function checkChanged(subject: Subject): readonly Hit[] {
  const { node } = subject;
  const isRestrictive = 'CreatePolicyStmt' in node && node.CreatePolicyStmt.permissive !== true;
  const policy = 'AlterPolicyStmt' in node ? node.AlterPolicyStmt : isRestrictive ? node.CreatePolicyStmt : undefined;
  const table = relationName(policy?.table);
  if (!policy || !table || !isOld(subject, table) || isWithoutEffect(subject, table)) return [];
  return [
    {
      message: `the old version sees and writes other rows of ${describeRelation(table)} under the policy ${policy.policy_name}`,
    },
  ];
}

/** Row-level security is off, so that no policy counts. */
function isWithoutEffect({ schema }: Subject, table: Parameters<typeof schema.findTable>[0]): boolean {
  return schema.findTable(table)?.hasRowSecurity === false;
}
