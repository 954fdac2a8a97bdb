/**
 * What migration files and SQL statements say by themselves: where a file belongs, which tags it has, what kind a statement is and which
 * relations it locks by its form. It knows no database and no ledger, and judges nothing.
 */
export { type Header, misplacedTag, parseHeader } from './header.ts';
export { type PlacedFile, placeFiles } from './layout.ts';
export { conflicts, isStrong, LOCK_MODES, type LockMode, lockModeOf } from './lock-modes.ts';
export type { LockScope, LockTarget } from './lock-target.ts';
export { mayStall, type StatementLocks, statementLocks } from './locks.ts';
export { quoteLiteral, quoteName, quoteTextArray } from './quote.ts';
export { refuseQuery } from './reading-query.ts';
export {
  detachedPartition,
  isOutsideTransaction,
  isReindexConcurrent,
  isRepeatable,
  isSessionSetting,
  leavesSessionAlone,
  mayCommit,
  optionNames,
  type RelationName,
  relationFromParts,
  relationName,
  type TransactionControl,
  transactionControl,
} from './statement-kind.ts';
