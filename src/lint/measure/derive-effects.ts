import { LOCK_MODES, type LockMode } from '../../sql/index.ts';
import type { Effects, RelationLock } from '../effects/effects.ts';
import type { KnownRelation, KnownRelations } from './known-relations.ts';
import type { Reading } from './probe.ts';

/** What was observed of one statement, in terms of relations that were there before the file. */
export interface Observation {
  readonly effects: Effects;
  /** The strongest lock on each table after it, including what earlier statements of the transaction took. */
  readonly held: readonly RelationLock[];
  /** New locks on indexes; an AccessExclusive one makes every query of the table wait. */
  readonly indexLocks: readonly RelationLock[];
}

/** Fewer rows than this do not tell a scan from a lookup, where a planner chooses between them. */
const MIN_ROWS = 20;
/** The statement itself may have added or removed some. */
const WHOLE = 0.9;
const FIRST_NOTABLE = LOCK_MODES.indexOf('ShareUpdateExclusiveLock');

export interface Readings {
  readonly before: Reading;
  readonly after: Reading;
  /** A planner finds the rows: it is no mere definition. */
  readonly isPlanned: boolean;
}

/**
 * Compares two readings. `known` is as before the statement. A statement that empties a table gives it new storage too, but writes no row:
 * that is no rewrite.
 */
export function deriveEffects(known: KnownRelations, { before, after, isPlanned }: Readings): Observation {
  const rewritten = after.changed.filter((relation) => isRewritten(known, relation));
  const emptied = new Set(
    after.changed.filter(({ oid, bytes }) => bytes === 0 && known.rowsOf(oid) > 0).map(({ oid }) => oid),
  );
  const built = after.changed.filter(
    ({ kind, filenode, table }) =>
      kind === 'i' && filenode !== 0 && known.isOld(table) && !known.hasFilenode(filenode) && !emptied.has(table),
  );
  const indexBuilds = namesOf(
    known,
    built.map(({ table }) => table),
  );
  const read = [...after.reads].filter(([oid, count]) =>
    isScan(known, oid, { reads: count - (before.reads.get(oid) ?? 0), isPlanned }),
  );
  const heldBefore = strongest(before.locks);
  const heldAfter = strongest(after.locks);
  const isNewOrStronger = ([oid, mode]: readonly [number, LockMode]) => rank(mode) > rank(heldBefore.get(oid));
  const taken = [...heldAfter].filter(isNewOrStronger);
  return {
    effects: {
      locks: locksOn(known, taken, isTable),
      rewrites: namesOf(
        known,
        rewritten.map(({ oid }) => oid),
      ),
      indexBuilds,
      scans: namesOf(
        known,
        read.map(([oid]) => oid),
      ),
      unknown: [],
    },
    held: locksOn(known, [...heldAfter], isTable),
    indexLocks: locksOn(known, taken, ({ kind }) => kind === 'i' || kind === 'I'),
  };
}

function isRewritten(known: KnownRelations, { oid, kind, filenode, bytes }: KnownRelation): boolean {
  if (kind !== 'r' && kind !== 'm') return false;
  const previous = known.find(oid);
  if (!previous || !known.isOld(oid) || previous.filenode === filenode) return false;
  return bytes > 0 || known.rowsOf(oid) === 0;
}

function isScan(
  known: KnownRelations,
  oid: number,
  { reads, isPlanned }: { readonly reads: number; readonly isPlanned: boolean },
): boolean {
  const rows = known.rowsOf(oid);
  return known.isOld(oid) && rows >= (isPlanned ? MIN_ROWS : 1) && reads >= rows * WHOLE;
}

function isTable({ kind }: KnownRelation): boolean {
  return kind !== 'i' && kind !== 'I';
}

function rank(mode: LockMode | undefined): number {
  return mode === undefined ? -1 : LOCK_MODES.indexOf(mode);
}

function strongest(locks: Reading['locks']): ReadonlyMap<number, LockMode> {
  const found = new Map<number, LockMode>();
  for (const [oid, mode] of locks) {
    if (rank(mode) > rank(found.get(oid))) found.set(oid, mode);
  }
  return found;
}

function locksOn(
  known: KnownRelations,
  locks: readonly (readonly [number, LockMode])[],
  isWanted: (relation: KnownRelation) => boolean,
): readonly RelationLock[] {
  return locks
    .flatMap(([oid, mode]) => {
      const relation = known.find(oid);
      const isNotable = relation && known.isOld(oid) && rank(mode) >= FIRST_NOTABLE && isWanted(relation);
      return isNotable ? [{ relation: relation.name, mode }] : [];
    })
    .sort((a, b) => (a.relation < b.relation ? -1 : 1));
}

function namesOf(known: KnownRelations, oids: readonly number[]): readonly string[] {
  return [...new Set(oids.flatMap((oid) => known.find(oid)?.name ?? []))].sort();
}
