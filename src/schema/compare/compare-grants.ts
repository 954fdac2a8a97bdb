import { breaks, change, type GrantOn, none, type SchemaChange } from '../change.ts';
import { describeGrant } from '../describe-object.ts';
import type { Grant } from '../grant.ts';
import { type Comparison, relationOf } from './comparison.ts';
import { compareProperties } from './match.ts';

/** Privileges on one object or column, role by role. */
export function compareGrants(
  comparison: Comparison,
  of: { readonly on: GrantOn['on']; readonly name: string },
  sides: { readonly before: readonly Grant[] | undefined; readonly after: readonly Grant[] | undefined },
): readonly SchemaChange[] {
  const { before = [], after = [] } = sides;
  const grantees = [...new Set([...before, ...after].map(({ grantee }) => grantee))].sort();
  return grantees.flatMap((grantee) => {
    if (comparison.isOwner(of.on, of.name, grantee)) return [];
    const find = (grants: readonly Grant[]): GrantOn | null => {
      const found = grants.find((grant) => grant.grantee === grantee);
      return found ? { ...found, on: of.on } : null;
    };
    const objects = { before: find(before), after: find(after), owner: null, dependents: [] };
    const subject = { kind: 'privileges', name: of.name, of: relationOf(of.on, of.name), objects } as const;
    if (objects.after && !objects.before)
      return [change(subject, { change: 'added', after: describeGrant(objects.after) }, GRANTED)];
    if (objects.before && !objects.after)
      return [change(subject, { change: 'removed', before: describeGrant(objects.before) }, REVOKED)];
    return compareProperties(subject, [{ property: 'privileges', text: describeGrant, judge: judgeGrants }]);
  });
}

const GRANTED = none('allows more than before');
const REVOKED = breaks('C10', 'statements of the role are refused');

function judgeGrants(before: Grant, after: Grant) {
  const isLess =
    before.privileges.some((privilege) => !after.privileges.includes(privilege)) ||
    before.grantable.some((privilege) => !after.grantable.includes(privilege));
  return isLess ? REVOKED : GRANTED;
}
