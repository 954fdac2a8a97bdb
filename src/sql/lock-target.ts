import type { LockMode } from './lock-modes.ts';
import type { RelationName } from './statement-kind.ts';

/**
 * What a lock reaches beyond the relation that is named:
 * `only` nothing; `partitions` its partitions; `tree` its partitions and inheritors; `index` the table of the index, with its partitions; `drop`
 * its partitions, its parent and both sides of its foreign keys; `cascade` the tree and the tables whose foreign keys point at it, and so on;
 * `referencing` the tables whose foreign keys point at it; `references` those that its own foreign keys point at; `default` the default partition beside it; `constraint` and `column` the other side of the foreign key
 * that `detail` names, by itself or by a column; `type` the tables that have a column of that type.
 */
export type LockScope =
  | 'only'
  | 'partitions'
  | 'tree'
  | 'index'
  | 'drop'
  | 'cascade'
  | 'referencing'
  | 'references'
  | 'default'
  | 'constraint'
  | 'column'
  | 'type';

export interface LockTarget {
  readonly relation: RelationName;
  readonly mode: LockMode;
  readonly scope: LockScope;
  readonly detail?: string;
}
