import type { LogEvent, System } from '../system/index.ts';
import type { Connections } from './connections.ts';
import type { StatementClass } from './statement-class.ts';

/** The fencing number that this run holds; each transaction proves that it is still the highest. */
export interface Fence {
  readonly deployment: string;
  readonly epoch: number;
}

export interface Limits {
  /** Longest time that the application may be made to wait. */
  readonly lockBudgetMs: number;
  /** Longest time that one file waits for its moment. */
  readonly lockWaitMs: number;
  /** Longest time for one statement of a class; none unless told. Concurrent statements never have one. */
  readonly statementTimeoutsMs: Readonly<Partial<Record<Exclude<StatementClass, 'concurrent'>, number>>>;
}

/** What every step of a run needs. */
export interface Engine {
  readonly system: System;
  readonly connections: Connections;
  /** As the server calls it. */
  readonly database: string;
  /** The processes of this run's own sessions. */
  readonly ownPids: readonly number[];
  readonly limits: Limits;
  readonly release: string;
  readonly run: string;
  readonly fence: Fence | undefined;
  readonly signal: AbortSignal | undefined;
  /** The `synchronous_commit` of a commit that waits for the disk. */
  readonly durableCommit: string;
  /** A server that crashes now loses no file of this run. */
  isAllOnDisk: boolean;
  /** A file has run that may have left settings, a role or temporary tables in the session. */
  isSessionUsed: boolean;
  /** Files of this run that are in the database by now. */
  filesApplied: number;
  emit(event: LogEvent): void;
}

/** The first attempts ask for a lock this long; both are well inside of the budget. */
const ATTEMPT_MS = 30;
const LARGEST_SHARE = 0.6;
/** A statement for which nobody waits may itself wait longer. */
const PATIENT_MS = 5_000;

/** How long a statement may wait for a lock, in milliseconds; 0 is without limit. */
export function lockTimeoutMs(
  limits: Limits,
  statementClass: StatementClass,
  situation: { readonly isHoldingStrongLock: boolean; readonly isEscalated: boolean },
): number {
  // A limit would leave an invalid index behind, and nobody waits for such a statement.
  if (statementClass === 'concurrent') return 0;
  if (statementClass !== 'strong' && !situation.isHoldingStrongLock) return Math.min(PATIENT_MS, limits.lockWaitMs);
  const share = Math.max(1, Math.floor(limits.lockBudgetMs * LARGEST_SHARE));
  return situation.isEscalated ? Math.max(share, limits.lockBudgetMs - 5) : Math.min(ATTEMPT_MS, share);
}
