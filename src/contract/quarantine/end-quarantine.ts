import type { Session, System } from '../../system/index.ts';
import { type AclEntry, identityOf } from './acl.ts';
import { quarantineNotUndone } from './errors.ts';
import { lockQuarantine, markEnded, type Quarantine, type QuarantineEnd, type TableBefore } from './ledger-row.ts';
import { loadEntries } from './load-acls.ts';
import { changePrivileges } from './retry.ts';

export interface EndedQuarantine {
  /** Why it ended: as asked, or what had ended it before. */
  readonly because: QuarantineEnd | undefined;
  /** Tables on which the privileges are not what they were before, because somebody else changed them meanwhile. */
  readonly changed: readonly string[];
}

const UNDO_FOR_MS = 30_000;

/**
 * Gives back what a quarantine took; nothing when it has ended already, or belongs to a newer epoch than the one that is given. It is not
 * fenced: giving back is always safe. Throws `contract.quarantine-not-undone` with the statement, and then the quarantine is still in force.
 */
export async function endQuarantine(
  system: Pick<System, 'clock'>,
  session: Session,
  { id, because, epoch }: { readonly id: string; readonly because: QuarantineEnd; readonly epoch?: number },
): Promise<EndedQuarantine> {
  let found: Quarantine | undefined;
  try {
    return await changePrivileges(system, session, {
      forMs: UNDO_FOR_MS,
      work: async () => {
        const row = await lockQuarantine(session, id);
        found = row;
        const isOthers = row !== undefined && epoch !== undefined && row.epoch > epoch;
        if (!row || row.endedAt !== undefined || isOthers) return { because: row?.endedBecause, changed: [] };
        await undo(session, row, because);
        return { because, changed: await compareWithBefore(session, row.before) };
      },
    });
  } catch (error) {
    throw quarantineNotUndone(found?.undo ?? '', error as Error);
  }
}

/** In the transaction of the caller, which holds the row. */
export async function undo(session: Session, row: Quarantine, because: QuarantineEnd): Promise<void> {
  await session.query(row.undo);
  await markEnded(session, row.id, because);
}

async function compareWithBefore(session: Session, before: readonly TableBefore[]): Promise<readonly string[]> {
  const now = await loadEntries(
    session,
    before.map(({ oid }) => oid),
  );
  return before.filter((table) => !isAsBefore(table, now.get(table.oid))).map(({ name }) => name);
}

/** A table that is gone, and a column that is gone, have no privileges that could differ. */
function isAsBefore(
  { entries }: TableBefore,
  now: { readonly columns: readonly string[]; readonly entries: readonly AclEntry[] } | undefined,
): boolean {
  if (!now) return true;
  const expected = entries.filter(({ column }) => column === null || now.columns.includes(column));
  return sorted(expected) === sorted(now.entries);
}

function sorted(entries: readonly AclEntry[]): string {
  return entries.map(identityOf).sort().join('\n');
}
