import type { LockMode } from '../../sql/index.ts';

/** What a statement does to relations that are there, beyond what plain reads and writes of rows do. Names are qualified, unquoted. */
export interface Effects {
  readonly locks: readonly RelationLock[];
  /** Tables (and materialised views) whose rows are written anew. */
  readonly rewrites: readonly string[];
  /** Indexes are built on these tables, by themselves or because the table is rewritten. */
  readonly indexBuilds: readonly string[];
  /** Tables that are read whole while the lock is held. */
  readonly scans: readonly string[];
  /** Why an answer is missing, in words; the lists then hold only what is certain. Empty when all is known. */
  readonly unknown: readonly string[];
}

export interface RelationLock {
  readonly relation: string;
  readonly mode: LockMode;
}

export const NO_EFFECTS: Effects = { locks: [], rewrites: [], indexBuilds: [], scans: [], unknown: [] };
