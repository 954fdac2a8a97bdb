import type { RelationName } from '../../sql/index.ts';
import type { ModelTable } from '../schema-model/schema-model.ts';
import { leftBehind } from './old-columns.ts';
import type { Subject } from './rule.ts';

/** Columns that are to be unique on an old table, as a constraint or an index says it. */
export interface Uniqueness {
  readonly relation: RelationName;
  readonly table: ModelTable | undefined;
  /** An empty string stands for an expression. */
  readonly columns: readonly string[];
  readonly treatsNullsAsEqual: boolean;
}

/** Whether an old writer may write what is refused from here on. */
export function mayCollide(subject: Subject, { relation, table, columns, treatsNullsAsEqual }: Uniqueness): boolean {
  const left = columns.map((name) => (name === '' ? 'known' : leftBehind(subject, relation, name)));
  // What old writers leave null equals nothing.
  if (left.includes('null') && !treatsNullsAsEqual) return false;
  return !isUniqueAlready(subject, table, columns);
}

/** Fewer columns of these are unique by themselves. One that the release has just dropped to make it again counts. */
function isUniqueAlready({ schema }: Subject, table: ModelTable | undefined, columns: readonly string[]): boolean {
  if (!table) return false;
  const indexes = [...table.indexes.values()].filter(({ isUnique, isPartial }) => isUnique && !isPartial);
  const dropped = [...table.droppedConstraints.values()].filter(
    ({ kind, born }) => (kind === 'unique' || kind === 'primary key') && schema.isNew(born),
  );
  return [...indexes, ...dropped].some(
    (unique) => unique.columns.length > 0 && unique.columns.every((name) => name !== '' && columns.includes(name)),
  );
}
