import type { SqlNode } from '../../../system/index.ts';
import type { Rule } from '../rule.ts';

export const grantToPublic: Rule = {
  id: 'grant-to-public',
  hazards: ['S19'],
  class: 'style',
  severity: 'warning',
  title: 'Right granted to every role, those to come included',
  why: 'PUBLIC is every role of the server: the one of the backup, of the monitoring, and of each application that will share it. Revoking the right later breaks whoever has come to need it.',
  help: 'Grant it to a role that is meant, and make the others members of that.',
  bad: [
    { before: 'create table orders (id bigint primary key);', sql: 'grant select on orders to public;' },
    { sql: 'alter default privileges grant select on tables to public;' },
  ],
  good: [{ before: 'create table orders (id bigint primary key);', sql: 'grant select on orders to pg_monitor;' }],
  check({ node }) {
    const grant =
      'GrantStmt' in node
        ? node.GrantStmt
        : 'AlterDefaultPrivilegesStmt' in node
          ? node.AlterDefaultPrivilegesStmt.action
          : undefined;
    // Functions and types are for PUBLIC by default: granting that changes nothing.
    if (!grant?.is_grant || !KINDS.includes(grant.objtype ?? '') || !(grant.grantees ?? []).some(isPublic)) return [];
    const rights = (grant.privileges ?? []).flatMap((item) =>
      'AccessPriv' in item ? [item.AccessPriv.priv_name ?? ''] : [],
    );
    return [{ message: `every role gets ${rights.length === 0 ? 'all rights' : rights.join(', ')}` }];
  },
};

const KINDS = ['OBJECT_TABLE', 'OBJECT_SEQUENCE', 'OBJECT_SCHEMA', 'OBJECT_DATABASE'];

function isPublic(role: SqlNode): boolean {
  return 'RoleSpec' in role && role.RoleSpec.roletype === 'ROLESPEC_PUBLIC';
}
