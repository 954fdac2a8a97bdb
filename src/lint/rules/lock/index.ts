import type { Rule } from '../rule.ts';
import { addColumnCheck } from './add-column-check.ts';
import { addColumnRewrite } from './add-column-rewrite.ts';
import { addConstraintScan } from './add-constraint-scan.ts';
import { addExcludeBuilding } from './add-exclude-building.ts';
import { addUniqueBuilding } from './add-unique-building.ts';
import { attachPartitionScan } from './attach-partition-scan.ts';
import { changeTypeRewrite } from './change-type-rewrite.ts';
import { concurrentlyIfNotExists } from './concurrently-if-not-exists.ts';
import { concurrentlyOnPartitioned } from './concurrently-on-partitioned.ts';
import { concurrentlyWithLimit } from './concurrently-with-limit.ts';
import { createIndex } from './create-index.ts';
import { detachPartitionLocking } from './detach-partition-locking.ts';
import { domainCheckScan } from './domain-check-scan.ts';
import { dropIndexLocking } from './drop-index-locking.ts';
import { enumValueUsed } from './enum-value-used.ts';
import { explicitLock } from './explicit-lock.ts';
import { parentLocked } from './parent-locked.ts';
import { primaryKeyScan } from './primary-key-scan.ts';
import { refreshViewLocking } from './refresh-view-locking.ts';
import { reindexLocking } from './reindex-locking.ts';
import { serverWideSetting } from './server-wide-setting.ts';
import { setNotNullScan } from './set-not-null-scan.ts';
import { severalTablesLocked } from './several-tables-locked.ts';
import { tableRewrite } from './table-rewrite.ts';
import { unknownEffects } from './unknown-effects.ts';
import { validateUnderLock } from './validate-under-lock.ts';

/** What makes readers or writers wait: locks, rewrites and scans. */
export const LOCK_RULES: readonly Rule[] = [
  addColumnCheck,
  addColumnRewrite,
  addConstraintScan,
  addExcludeBuilding,
  addUniqueBuilding,
  attachPartitionScan,
  changeTypeRewrite,
  concurrentlyIfNotExists,
  concurrentlyOnPartitioned,
  concurrentlyWithLimit,
  createIndex,
  detachPartitionLocking,
  domainCheckScan,
  dropIndexLocking,
  enumValueUsed,
  explicitLock,
  parentLocked,
  primaryKeyScan,
  refreshViewLocking,
  reindexLocking,
  serverWideSetting,
  setNotNullScan,
  severalTablesLocked,
  tableRewrite,
  unknownEffects,
  validateUnderLock,
];
