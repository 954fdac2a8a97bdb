import type { LockMode } from './lock-modes.ts';
import type { RelationName } from './statement-kind.ts';

/**
 * What a lock reaches beyond the relation that is named:
 * `only` nothing; `tree` its partitions and inheritors; `index` the table of the index; `drop` the tree, its parent and both sides of its
 * foreign keys; `referencing` the tree and the tables whose foreign keys point at it; `partition` the default partition beside it;
 * `constraint` and `column` the tree and the other side of the foreign key that `detail` names, by itself or by a column; `type` the
 * tables that have a column of that type.
 */
export type LockScope =
  | 'only'
  | 'tree'
  | 'index'
  | 'drop'
  | 'referencing'
  | 'partition'
  | 'constraint'
  | 'column'
  | 'type';

export interface LockTarget {
  readonly relation: RelationName;
  readonly mode: LockMode;
  readonly scope: LockScope;
  readonly detail?: string;
}
