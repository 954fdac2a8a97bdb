import { quoteName } from '../../sql/index.ts';
import { type AclEntry, distanceFromOwner, entriesWithout, keyOfEntry, type TableAcl } from './acl.ts';

/** One GRANT or REVOKE, as one role. */
export interface AclStep {
  readonly grantor: string;
  readonly sql: string;
}

export interface Transition {
  readonly steps: readonly AclStep[];
  /** Entries that nobody can take or give any more: what their grantor had was taken from under it. */
  readonly unrooted: readonly AclEntry[];
}

interface TransitionOptions {
  readonly from: readonly AclEntry[];
  readonly to: readonly AclEntry[];
  /** `each`: a statement for each column, so that one that is gone keeps no other from being given. */
  readonly columns: 'together' | 'each';
}

/**
 * The statements that lead from one set of privileges on a table to another, without CASCADE: first what goes, the last links of every
 * chain of grants first, then what comes, the first links first.
 */
export function planTransition(table: TableAcl, { from, to, columns }: TransitionOptions): Transition {
  const removed = closeRemoved(from, entriesWithout(from, to), table.owner);
  const kept = entriesWithout(from, removed);
  const added = entriesWithout(to, kept);
  const revoking = rank(table, from, removed);
  const granting = rank(table, to, added);
  // What is taken from a table is taken from its columns at the same time.
  const whole = new Set(removed.filter(({ column }) => column === null).map(keyOfEntry));
  const revokes = group(
    revoking.ranked.filter(({ entry }) => entry.column === null || !whole.has(keyOfEntry({ ...entry, column: null }))),
    'together',
  ).reverse();
  const grants = group(granting.ranked, columns);
  return {
    steps: [
      ...revokes.map((entries) => renderStep('revoke', table, entries)),
      ...grants.map((entries) => renderStep('grant', table, entries)),
    ],
    unrooted: [...revoking.unrooted, ...granting.unrooted, ...added.filter((entry) => isCircular(table, to, entry))],
  };
}

/** With a privilege on the table go those on its columns; before a right to pass on can go, whatever was passed on must. */
function closeRemoved(from: readonly AclEntry[], first: readonly AclEntry[], owner: string): readonly AclEntry[] {
  const removed = new Set(first);
  for (let before = -1; before !== removed.size; ) {
    before = removed.size;
    for (const gone of removed) {
      for (const entry of from) {
        if (entry.privilege !== gone.privilege) continue;
        const isColumnOf = gone.column === null && entry.grantor === gone.grantor && entry.grantee === gone.grantee;
        const isPassedOn =
          gone.isGrantable && gone.grantee !== owner && entry.grantor === gone.grantee && entry.column === gone.column;
        if (isColumnOf || isPassedOn) removed.add(entry);
      }
    }
  }
  return [...removed];
}

/**
 * The server does not let a right to pass a column on be given by whoever has that right from the table only: it takes it for a circle, as
 * of that column nobody gave it.
 */
function isCircular({ owner }: TableAcl, to: readonly AclEntry[], { isGrantable, ...entry }: AclEntry): boolean {
  if (!isGrantable || entry.column === null || entry.grantor === owner) return false;
  const ofColumns = to.filter(({ column }) => column !== null);
  return !distanceFromOwner(ofColumns, { owner, privilege: entry.privilege, column: entry.column }).has(entry.grantor);
}

interface Ranked {
  readonly entry: AclEntry;
  readonly rank: number;
}

function rank(
  table: TableAcl,
  within: readonly AclEntry[],
  entries: readonly AclEntry[],
): { readonly ranked: readonly Ranked[]; readonly unrooted: readonly AclEntry[] } {
  const distances = new Map<string, ReadonlyMap<string, number>>();
  const ranked: Ranked[] = [];
  const unrooted: AclEntry[] = [];
  for (const entry of entries) {
    const { privilege, column } = entry;
    const key = JSON.stringify([privilege, column]);
    const found = distances.get(key) ?? distanceFromOwner(within, { owner: table.owner, privilege, column });
    distances.set(key, found);
    const distance = found.get(entry.grantor);
    if (distance === undefined) unrooted.push(entry);
    else ranked.push({ entry, rank: distance });
  }
  return { ranked, unrooted };
}

/** What one statement can say, by rank: one grantor, one grantee, and either the table or columns of it. */
function group(ranked: readonly Ranked[], columns: TransitionOptions['columns']): AclEntry[][] {
  const groups = new Map<string, AclEntry[]>();
  for (const { entry, rank } of [...ranked].sort((a, b) => a.rank - b.rank)) {
    const { grantor, grantee, isGrantable, column } = entry;
    const part = columns === 'each' ? column : column !== null;
    const key = JSON.stringify([rank, grantor, grantee, isGrantable, part]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
}

function renderStep(verb: 'grant' | 'revoke', table: TableAcl, entries: readonly AclEntry[]): AclStep {
  const [first] = entries;
  if (!first) throw new Error('There is no privilege to say');
  const list = [...new Set(entries.map(({ privilege }) => privilege))].map((privilege) => {
    const names = entries.flatMap((entry) =>
      entry.privilege !== privilege || entry.column === null ? [] : [quoteName(entry.column)],
    );
    return `${privilege.toLowerCase()}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
  });
  const on = `${list.join(', ')} on table ${quoteName(table.schema)}.${quoteName(table.table)}`;
  const who = first.grantee === null ? 'public' : quoteName(first.grantee);
  const option = first.isGrantable ? ' with grant option' : '';
  const sql = verb === 'grant' ? `grant ${on} to ${who}${option}` : `revoke ${on} from ${who}`;
  return { grantor: first.grantor, sql };
}
