/** Names of table locks as `pg_locks` shows them, from the weakest to the strongest. */
export const LOCK_MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;
export type LockMode = (typeof LOCK_MODES)[number];

/** For each mode, the modes that it cannot be held together with (table 13.2 of the Postgres manual), as positions in `LOCK_MODES`. */
const CONFLICTS: Readonly<Record<LockMode, readonly number[]>> = {
  AccessShareLock: [7],
  RowShareLock: [6, 7],
  RowExclusiveLock: [4, 5, 6, 7],
  ShareUpdateExclusiveLock: [3, 4, 5, 6, 7],
  ShareLock: [2, 3, 5, 6, 7],
  ShareRowExclusiveLock: [2, 3, 4, 5, 6, 7],
  ExclusiveLock: [1, 2, 3, 4, 5, 6, 7],
  AccessExclusiveLock: [0, 1, 2, 3, 4, 5, 6, 7],
};

/** A mode that Onward does not know is taken to conflict. */
export function conflicts(wanted: LockMode, held: string): boolean {
  const position = LOCK_MODES.indexOf(held as LockMode);
  return position === -1 || CONFLICTS[wanted].includes(position);
}

/** Reads or writes of an application would have to wait for it. */
export function isStrong(mode: LockMode): boolean {
  return CONFLICTS[mode].includes(2);
}

/** The mode of a `LOCK TABLE`, which the parser gives as a number from 1. */
export function lockModeOf(number: number | undefined): LockMode {
  return LOCK_MODES[(number ?? 8) - 1] ?? 'AccessExclusiveLock';
}
