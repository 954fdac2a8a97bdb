import { type AclEntry, identityOf, type TableAcl } from './acl.ts';

/** Privileges that a column can have; the others, such as DELETE, do not touch one column alone. */
const OF_COLUMNS = new Set(['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']);

/**
 * The privileges as they are without the right to the doomed object. Whoever had a right to the table of a doomed column has it on every
 * other column instead. What was passed on by somebody who loses it is lost with it; the owner loses nothing.
 */
export function stripPrivileges(acl: TableAcl, from: ReadonlySet<string | null>): readonly AclEntry[] {
  const losing = closeOverGrants(acl, from);
  const isLost = ({ grantor, grantee }: AclEntry) =>
    (losing.has(grantee) && grantee !== acl.owner) || (grantor !== acl.owner && losing.has(grantor));
  const kept = acl.entries.filter((entry) => !isLost(entry));
  if (acl.doomed === null) return kept;
  return [...kept, ...narrow(acl, acl.entries.filter(isLost))];
}

/** Everybody who got a privilege from somebody who loses one, too. */
function closeOverGrants(acl: TableAcl, from: ReadonlySet<string | null>): ReadonlySet<string | null> {
  const losing = new Set(from);
  losing.delete(acl.owner);
  for (let before = -1; before !== losing.size; ) {
    before = losing.size;
    for (const { grantor, grantee } of acl.entries)
      if (losing.has(grantor) && grantee !== acl.owner) losing.add(grantee);
  }
  return losing;
}

function narrow(acl: TableAcl, lost: readonly AclEntry[]): readonly AclEntry[] {
  const doomed = new Set(acl.doomed);
  const narrowed = new Map<string, AclEntry>();
  const add = (entry: AclEntry): void => {
    const key = identityOf({ ...entry, isGrantable: false });
    narrowed.set(key, { ...entry, isGrantable: entry.isGrantable || narrowed.get(key)?.isGrantable === true });
  };
  for (const entry of lost) {
    if (entry.column !== null) {
      if (!doomed.has(entry.column)) add(entry);
    } else if (!OF_COLUMNS.has(entry.privilege)) add(entry);
    else {
      const readable = entry.privilege === 'SELECT' ? [...acl.columns, ...acl.systemColumns] : acl.columns;
      for (const column of readable) if (!doomed.has(column)) add({ ...entry, column });
    }
  }
  return [...narrowed.values()];
}
