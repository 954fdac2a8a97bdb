import type { Finding } from '../../model/index.ts';
import type { TableAcl } from './acl.ts';
import { READS_ALL, type RoleFact, WRITES_ALL } from './load-roles.ts';

export interface ChosenRoles {
  /** Whose privileges on this table are taken; `null`: everybody's. */
  readonly grantees: ReadonlySet<string | null>;
  readonly findings: readonly Finding[];
}

/**
 * Who loses the right to a doomed object: the roles that are named, or everybody who has a privilege or a session; with them the groups that
 * they are in, and PUBLIC. Whoever keeps it, and why, is a finding: an error when it is a role that is named or in use.
 */
export function chooseRoles(
  acl: TableAcl,
  roles: readonly RoleFact[],
  named: readonly string[] | undefined,
): ChosenRoles {
  const grantees = new Set(acl.entries.map(({ grantee }) => grantee));
  const isWanted = ({ name, sessions }: RoleFact) =>
    named ? named.includes(name) : grantees.has(name) || sessions > 0;
  const findings: Finding[] = [];
  const taken: RoleFact[] = [];
  for (const role of roles.filter(isWanted)) {
    const severity = named || role.sessions > 0 ? 'error' : 'warning';
    const why = whyBeyondReach(acl, role);
    // Every server has superusers and every table has an owner: the ones that the application does not use are no gap.
    const isExpected = severity === 'warning' && (role.isSuper || role.isOwn || role.name === acl.owner);
    if (why !== undefined && !isExpected) findings.push(describe(acl, why, severity));
    if (why !== undefined) continue;
    taken.push(role);
    findings.push(...checkReadsAll(acl, role, severity));
  }
  const lost = new Set(taken.flatMap(({ memberOf }) => memberOf).filter((name) => grantees.has(name)));
  lost.delete(acl.owner);
  return { grantees: new Set<string | null>([...lost, ...(taken.length > 0 ? [null] : [])]), findings };
}

function whyBeyondReach(acl: TableAcl, { name, isSuper, isOwn, sessions, memberOf }: RoleFact): string | undefined {
  if (isSuper) return `${name} is a superuser, whom no privilege binds`;
  if (isOwn && sessions > 0) return `${name} is the role of Onward itself, and other programs connect as it`;
  if (isOwn) return `${name} is the role of Onward itself`;
  if (name === acl.owner)
    return `${name} owns it: without the owner's privileges its foreign keys and views would refuse the statements of others`;
  if (memberOf.includes(acl.owner)) return `${name} is a member of ${acl.owner}, which owns it`;
  return undefined;
}

function checkReadsAll(acl: TableAcl, role: RoleFact, severity: Finding['severity']): readonly Finding[] {
  return [READS_ALL, WRITES_ALL].flatMap((predefined) =>
    role.memberOf.includes(predefined)
      ? [describe(acl, `${role.name} is a member of ${predefined}, which needs no grant`, severity)]
      : [],
  );
}

function describe(acl: TableAcl, why: string, severity: Finding['severity']): Finding {
  return {
    code: 'contract.role-not-quarantined',
    severity,
    message: `Quarantine does not bind every role on ${acl.schema}.${acl.table}: ${why}.`,
    hint: 'Let the application connect as a role of its own that owns nothing, or name the roles to bind in onward.yaml under contract: roles.',
  };
}

/** With roles that are named, the others that are in use and keep what they have. */
export function checkUnnamed(roles: readonly RoleFact[], unaffected: readonly string[]): readonly Finding[] {
  return roles
    .filter(({ name, sessions, isOwn }) => sessions > 0 && !isOwn && unaffected.includes(name))
    .map(({ name }) => ({
      code: 'contract.role-not-quarantined',
      severity: 'warning',
      message: `Quarantine does not bind ${name}: it has sessions, and onward.yaml does not name it.`,
    }));
}

/** Names in onward.yaml that the server does not know. */
export function checkNames(roles: readonly RoleFact[], named: readonly string[] | undefined): readonly Finding[] {
  return (named ?? [])
    .filter((name) => !roles.some((role) => role.name === name))
    .map((name) => ({
      code: 'contract.unknown-role',
      severity: 'error',
      message: `Quarantine cannot bind ${name}: the server has no role of that name.`,
      hint: 'Correct the roles in onward.yaml under contract: roles.',
    }));
}
