/** One privilege as the catalog has it: who may do what, and who gave it. */
export interface AclEntry {
  /** `null`: on the table as a whole. */
  readonly column: string | null;
  /** Such as `SELECT`. */
  readonly privilege: string;
  readonly grantor: string;
  /** `null`: everybody. */
  readonly grantee: string | null;
  /** The grantee may pass it on. */
  readonly isGrantable: boolean;
}

/** The privileges on one table that goes, or of which columns go. */
export interface TableAcl {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly owner: string;
  readonly columns: readonly string[];
  /** `ctid`, `xmin` and their like: readable by whoever may read the table. */
  readonly systemColumns: readonly string[];
  /** `null`: the table itself goes. */
  readonly doomed: readonly string[] | null;
  readonly entries: readonly AclEntry[];
}

/** Tells entries apart but for the right to pass on: the catalog has at most one of each. */
export function keyOfEntry({ column, privilege, grantor, grantee }: AclEntry): string {
  return JSON.stringify([column, privilege, grantor, grantee]);
}

/** Tells entries apart wholly. */
export function identityOf(entry: AclEntry): string {
  return `${keyOfEntry(entry)}${entry.isGrantable ? '*' : ''}`;
}

/** Those of the first that the second does not have. */
export function entriesWithout(entries: readonly AclEntry[], others: readonly AclEntry[]): readonly AclEntry[] {
  const known = new Set(others.map(identityOf));
  return entries.filter((entry) => !known.has(identityOf(entry)));
}

/**
 * How many grants lie between the owner and a role that passes a privilege on; `undefined` when none leads there. Privileges on the table
 * count for each of its columns.
 */
export function distanceFromOwner(
  entries: readonly AclEntry[],
  from: { readonly owner: string; readonly privilege: string; readonly column: string | null },
): ReadonlyMap<string, number> {
  const distances = new Map([[from.owner, 0]]);
  const links = entries.filter(
    ({ privilege, column, isGrantable }) =>
      isGrantable && privilege === from.privilege && (column === null || column === from.column),
  );
  for (let distance = 0, isGrowing = true; isGrowing; distance += 1) {
    isGrowing = false;
    for (const { grantor, grantee } of links) {
      if (grantee === null || distances.has(grantee) || distances.get(grantor) !== distance) continue;
      distances.set(grantee, distance + 1);
      isGrowing = true;
    }
  }
  return distances;
}
