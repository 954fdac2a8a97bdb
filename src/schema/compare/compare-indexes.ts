import { breaks, none, type Owner, type SchemaChange, type Verdict, visible } from '../change.ts';
import { describeIndex } from '../describe-object.ts';
import type { Index, Table, View } from '../schema.ts';
import { compareEntries, type Way } from './compare-entries.ts';
import type { RelationPair } from './comparison.ts';
import { compareProperties, entriesByName, type Property } from './match.ts';
import { hasArbiter, isFilledByOldRows, isUniqueAlready, losesIndexColumn } from './uniqueness.ts';

/**
 * Indexes of a table that was there before. Those that a constraint owns are told with the constraint, and those that are a part of a
 * partitioned table's index with that one.
 */
export function compareIndexes(table: RelationPair<Table>): readonly SchemaChange[] {
  const { before, after } = table;
  const isSame = (one: string, other: string) => table.isSamePart('index', one, other);
  const isOwn = ({ partOf, constraint }: Index) => partOf === null && constraint === null;
  // What a constraint or a larger index took over or let go is neither gone nor new.
  const isKept = (one: Index, other: Index) =>
    !isOwn(other) && (one.name === other.name || isSame(one.name, other.name));
  const isLetGo = (one: Index, other: Index) =>
    !isOwn(other) && (one.name === other.name || isSame(other.name, one.name));
  const isLost = losesIndexColumn(table);
  const gone = (index: Index) => isLost(index) && !after.indexes.some(({ name }) => name === index.name);
  return compareEntries(
    entriesByName(
      before.indexes.filter((one) => isOwn(one) && !gone(one) && !after.indexes.some((other) => isKept(one, other))),
    ),
    entriesByName(after.indexes.filter((one) => isOwn(one) && !before.indexes.some((other) => isLetGo(one, other)))),
    {
      ...indexWay(table),
      removed: (index) => judgeRemoved(index, after),
      added: (index) => judgeAdded(index, before, after),
      pair: (subject, keys) =>
        compareProperties(subject, isSame(keys.before, keys.after) ? [VALID] : [definition(before), VALID]),
    },
  );
}

function indexWay(table: RelationPair<Owner>): Pick<Way<'index'>, 'kind' | 'of' | 'describe' | 'isSame' | 'renamed'> {
  return {
    kind: 'index',
    of: table.of,
    describe: describeIndex,
    isSame: (before, after) => table.isSamePart('index', before, after),
    renamed: () => visible('C3', 'hints and scripts that name it fail'),
  };
}

/** Indexes of a materialised view, which keep no one from writing. */
export function compareViewIndexes(view: RelationPair<View>): readonly SchemaChange[] {
  const slower = visible('C9', 'queries that used it become slow, and REFRESH CONCURRENTLY may fail');
  return compareEntries(entriesByName(view.before.indexes), entriesByName(view.after.indexes), {
    ...indexWay(view),
    removed: () => slower,
    added: () => none('queries may use it'),
    pair: (subject) =>
      compareProperties(subject, [{ property: 'definition', text: describeIndex, judge: () => slower }]),
  });
}

const VALID: Property<Index> = {
  property: 'valid',
  text: ({ isValid }) => (isValid ? 'yes' : 'no'),
  judge: (_, after) => (after.isValid ? none('queries can use it now') : visible('C9', 'queries cannot use it')),
};

function definition(table: Table): Property<Index> {
  return {
    property: 'definition',
    text: (index) => `${index.isUnique ? 'unique ' : ''}${index.definition}`,
    judge: (before, after) => {
      if (after.isUnique && !isUniqueAlready(after.columns, table))
        return breaks('C6', 'rows that old statements write may be refused');
      if (before.isUnique) return breaks('C9', 'ON CONFLICT with its columns fails');
      return visible('C9', 'queries that used it may become slow');
    },
  };
}

function judgeAdded(index: Index, before: Table, after: Table): Verdict {
  if (!index.isUnique) return none('queries may use it');
  if (index.expressions === null && isUniqueAlready(index.columns, before))
    return none('the columns were unique before');
  const isOnlyNew = index.columns.every(
    (name) => name !== null && !before.columns.some((column) => column.name === name),
  );
  if (isOnlyNew && !index.hasNullsNotDistinct && !isFilledByOldRows(index.columns, after))
    return none('only about new columns, which old statements leave NULL');
  return breaks('C6', 'rows that old statements write may be refused');
}

function judgeRemoved(index: Index, after: Table): Verdict {
  if (!index.isUnique) return visible('C9', 'queries that used it become slow');
  if (index.predicate === null && index.expressions === null && hasArbiter(index.columns, after))
    return none('another unique index has the same columns');
  return breaks('C9', 'ON CONFLICT with its columns fails');
}
