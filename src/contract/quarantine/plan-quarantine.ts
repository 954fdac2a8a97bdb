import type { DoomedObject, Finding } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import { type AclEntry, entriesWithout, type TableAcl } from './acl.ts';
import { checkWaysAround, describeMissing } from './check-ways-around.ts';
import { checkNames, checkUnnamed, chooseRoles } from './choose-roles.ts';
import { loadAcls, missingObjects } from './load-acls.ts';
import { loadRoles, type RoleFact } from './load-roles.ts';
import { type AclStep, planTransition } from './plan-transition.ts';
import { stripPrivileges } from './strip-privileges.ts';

/** What quarantine does to one table. */
export interface TableQuarantine {
  readonly acl: TableAcl;
  readonly after: readonly AclEntry[];
  readonly apply: readonly AclStep[];
  readonly undo: readonly AclStep[];
}

/** What one role loses on one table. */
export interface Loss {
  /** `null`: everybody. */
  readonly role: string | null;
  readonly schema: string;
  readonly table: string;
  /** `null`: the table as a whole. */
  readonly columns: readonly string[] | null;
  readonly privileges: readonly string[];
}

export interface QuarantinePlan {
  readonly tables: readonly TableQuarantine[];
  readonly losses: readonly Loss[];
  /** Roles that lose nothing, so that what is refused to them is not our doing. */
  readonly unaffected: readonly string[];
  /** Who and what is not bound, and why. An error says that a role that is named, or in use, is not. */
  readonly findings: readonly Finding[];
}

/**
 * What taking the privileges on doomed objects from the application's roles means, statement by statement, and what takes it back. Reads the
 * catalog and changes nothing. `roles` as in onward.yaml; without it everybody who has a privilege or a session.
 */
export async function planQuarantine(
  session: Session,
  { doomed, roles: named }: { readonly doomed: readonly DoomedObject[]; readonly roles?: readonly string[] },
): Promise<QuarantinePlan> {
  const acls = await loadAcls(session, doomed);
  const roles = await loadRoles(session, acls);
  const findings: Finding[] = [
    ...missingObjects(doomed, acls).map(describeMissing),
    ...checkNames(roles, named),
    ...(await checkWaysAround(session, acls)),
  ];
  const tables = acls.flatMap((acl) => {
    const chosen = chooseRoles(acl, roles, named);
    findings.push(...chosen.findings);
    const table = planTable(acl, chosen.grantees);
    const stuck = describeStuck(table, roles);
    if (stuck) findings.push(stuck);
    return stuck || table.apply.length === 0 ? [] : [table];
  });
  const losses = tables.flatMap(describeLosses);
  const unaffected = listUnaffected(losses, roles);
  if (named) findings.push(...checkUnnamed(roles, unaffected));
  return { tables, losses, unaffected, findings };
}

function planTable(acl: TableAcl, grantees: ReadonlySet<string | null>): TableQuarantine & { unrooted: boolean } {
  const after = stripPrivileges(acl, grantees);
  const there = planTransition(acl, { from: acl.entries, to: after, columns: 'together' });
  const back = planTransition(acl, { from: after, to: acl.entries, columns: 'each' });
  const unrooted = there.unrooted.length > 0 || back.unrooted.length > 0;
  return { acl, after, apply: there.steps, undo: back.steps, unrooted };
}

/** A table on which Onward could not do all of it, or not take it back, is left as it is. */
function describeStuck(
  { acl, apply, undo, unrooted }: ReturnType<typeof planTable>,
  roles: readonly RoleFact[],
): Finding | undefined {
  const grantors = [...apply, ...undo].map(({ grantor }) => roles.find(({ name }) => name === grantor));
  // A superuser grants as the owner, never as itself.
  const unreachable = grantors.find((role) => !role?.isReachable || (role.isSuper && role.name !== acl.owner))?.name;
  if (!unrooted && unreachable === undefined) return undefined;
  const why =
    unreachable === undefined
      ? 'some of it was passed on by a role that may not pass it on any more'
      : `some of it was given by ${unreachable}, as whom Onward cannot act`;
  return {
    code: 'contract.role-not-quarantined',
    severity: 'error',
    message: `Quarantine leaves the privileges on ${acl.schema}.${acl.table} as they are: ${why}.`,
    hint: `Let the owner, ${acl.owner}, give these privileges.`,
  };
}

function describeLosses({ acl, after }: TableQuarantine): readonly Loss[] {
  const { schema, table, doomed } = acl;
  const gone = entriesWithout(acl.entries, after);
  return [...new Set(gone.map(({ grantee }) => grantee))].flatMap((role) => {
    const mine = gone.filter(({ grantee }) => grantee === role);
    const touching = mine.filter(({ column }) => column === null || doomed === null || doomed.includes(column));
    const privileges = [...new Set(touching.map(({ privilege }) => privilege))].sort();
    return privileges.length === 0 ? [] : [{ role, schema, table, columns: doomed, privileges }];
  });
}

function listUnaffected(losses: readonly Loss[], roles: readonly RoleFact[]): readonly string[] {
  const losing = new Set(losses.map(({ role }) => role));
  if (losing.has(null)) return roles.filter(({ isSuper }) => isSuper).map(({ name }) => name);
  return roles.filter(({ memberOf }) => !memberOf.some((name) => losing.has(name))).map(({ name }) => name);
}
