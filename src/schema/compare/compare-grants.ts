import { breaks, change, none, type SchemaChange, type Subject } from '../change.ts';
import { describeGrant } from '../describe-object.ts';
import type { Grant } from '../schema.ts';

/** Privileges on one object or column, role by role. */
export function compareGrants(of: string, before: readonly Grant[], after: readonly Grant[]): readonly SchemaChange[] {
  const grantees = [...new Set([...before, ...after].map(({ grantee }) => grantee))].sort();
  return grantees.flatMap((grantee) => {
    const one = before.find((grant) => grant.grantee === grantee) ?? null;
    const other = after.find((grant) => grant.grantee === grantee) ?? null;
    return compareGrant({ kind: 'privileges', name: of, of, objects: { before: one, after: other } });
  });
}

function compareGrant(subject: Subject<'privileges'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  const granted = none('allows more than before');
  const revoked = breaks('C10', 'statements of the role are refused');
  if (!before && after) return [change(subject, { change: 'added', after: describeGrant(after) }, granted)];
  if (before && !after) return [change(subject, { change: 'removed', before: describeGrant(before) }, revoked)];
  if (!before || !after) return [];
  const [one, other] = [describeGrant(before), describeGrant(after)];
  if (one === other) return [];
  const isLess =
    before.privileges.some((privilege) => !after.privileges.includes(privilege)) ||
    before.grantable.some((privilege) => !after.grantable.includes(privilege));
  return [
    change(
      subject,
      { change: 'changed', property: 'privileges', before: one, after: other },
      isLess ? revoked : granted,
    ),
  ];
}
