import { relationFromParts, relationName } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { describeObject, isOldObject, type NamedObject } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';

export const revoke: Rule = {
  id: 'revoke',
  hazards: ['C10'],
  class: 'contract',
  severity: 'error',
  title: 'Rights taken away that old instances may need',
  why: "The old version's statements that need the right fail with 42501 at once, also in sessions that are open.",
  help: 'Grant what the new version needs in one release, and revoke the rest in the contract phase of a later one. One GRANT takes it back.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create table orders (id bigint primary key);', sql: 'revoke update on orders from public;' },
    { before: 'create schema audit;', sql: 'revoke all on all tables in schema audit from public;' },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'revoke update on orders from public;',
      phase: 'contract',
    },
    { sql: 'create table notes (id bigint primary key); revoke all on notes from public;' },
  ],
  check: (subject) => [...checkRights(subject), ...checkRoles(subject)],
};

function checkRights(subject: Subject): readonly Hit[] {
  const { node } = subject;
  if (!('GrantStmt' in node) || node.GrantStmt.is_grant) return [];
  const { objtype = '', targtype, objects = [] } = node.GrantStmt;
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
    const schemas = objects.flatMap((object) => named('OBJECT_SCHEMA', object));
    return schemas
      .filter((object) => isOldObject(subject, object))
      .map((object) => ({ message: `the old version may need its rights in ${describeObject(object)}` }));
  }
  return objects
    .flatMap((object) => named(objtype, object))
    .filter((object) => isOldObject(subject, object))
    .map((object) => ({ message: `the old version may need its rights on ${describeObject(object)}` }));
}

function named(kind: string, object: SqlNode): readonly NamedObject[] {
  const name =
    'RangeVar' in object
      ? relationName(object.RangeVar)
      : relationFromParts(
          'ObjectWithArgs' in object ? object.ObjectWithArgs.objname : 'List' in object ? object.List.items : [object],
        );
  return name ? [{ kind, name }] : [];
}

function checkRoles({ node }: Subject): readonly Hit[] {
  if ('GrantRoleStmt' in node && !node.GrantRoleStmt.is_grant) {
    return [{ message: 'the old version may need the membership that is taken from its role' }];
  }
  return 'DropRoleStmt' in node ? [{ message: 'the old version may log in as the role that is dropped' }] : [];
}
