import { breaks, change, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeIndex } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { Index, Table, View } from '../schema.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, entriesByName, matchEntries, type Property } from './match.ts';
import { hasArbiter, isFilledByOldRows, isUniqueAlready, losesColumn } from './uniqueness.ts';

/**
 * Indexes of a table that was there before. Those that a constraint owns are told with the constraint, and those that are a part of a
 * partitioned table's index with that one.
 */
export function compareIndexes(comparison: Comparison, before: Table, after: Table): readonly SchemaChange[] {
  const { nameBefore, nameAfter } = comparison.ofRelation(before, after);
  const isSame = (one: string, other: string) =>
    comparison.isSame('index', `${nameBefore}.${readableName(one)}`, `${nameAfter}.${readableName(other)}`);
  // What became a constraint's is neither gone nor new.
  const isOwn = (index: Index) => index.partOf === null && index.constraint === null;
  const adopted = after.indexes.filter((index) => !isOwn(index));
  const released = before.indexes.filter((index) => !isOwn(index));
  const matched = matchEntries(
    entriesByName(before.indexes.filter((index) => isOwn(index) && !has(adopted, index, isSame))),
    entriesByName(
      after.indexes.filter((index) => isOwn(index) && !has(released, index, (one, other) => isSame(other, one))),
    ),
    (one, other) => isSame(one.key, other.key),
  );
  const subject = (name: string, sides: Subject<'index'>['objects']): Subject<'index'> => ({
    kind: 'index',
    name: indexName(after, name),
    of: nameAfter,
    objects: sides,
  });
  const lost = losesColumn(comparison, before, after);
  return [
    ...matched.removed
      .filter(({ value }) => !lost(value.columns))
      .map(({ value }) =>
        change(
          subject(value.name, { before: value, after: null }),
          { change: 'removed', before: describeIndex(value) },
          judgeRemoved(value, after),
        ),
      ),
    ...matched.pairs.flatMap(({ before: one, after: other }) => {
      const pair = subject(one.key, { before: one.value, after: other.value });
      return [
        ...(one.key === other.key ? [] : [renamedIndex(pair, one.key, other.key)]),
        ...compareProperties(pair, isSame(one.key, other.key) ? [VALID] : [definition(before), VALID]),
      ];
    }),
    ...matched.added.map(({ value }) =>
      change(
        subject(value.name, { before: null, after: value }),
        { change: 'added', after: describeIndex(value) },
        judgeAdded(value, before, after),
      ),
    ),
  ];
}

function has(list: readonly Index[], index: Index, isSame: (one: string, other: string) => boolean): boolean {
  return list.some((other) => other.name === index.name || isSame(index.name, other.name));
}

function indexName(table: { readonly schema: string }, name: string): string {
  return `${readableName(table.schema)}.${readableName(name)}`;
}

function renamedIndex(subject: Subject<'index'>, before: string, after: string): SchemaChange {
  return change(
    subject,
    { change: 'changed', property: 'name', before, after },
    visible('C3', 'hints and scripts that name it fail'),
  );
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

/** Indexes of a materialised view, which hold no one back from writing. */
export function compareViewIndexes(comparison: Comparison, before: View, after: View): readonly SchemaChange[] {
  const { nameBefore, nameAfter } = comparison.ofRelation(before, after);
  const matched = matchEntries(entriesByName(before.indexes), entriesByName(after.indexes), (one, other) =>
    comparison.isSame('index', `${nameBefore}.${readableName(one.key)}`, `${nameAfter}.${readableName(other.key)}`),
  );
  const subject = (name: string, objects: Subject<'index'>['objects']): Subject<'index'> => ({
    kind: 'index',
    name: indexName(after, name),
    of: nameAfter,
    objects,
  });
  const slower = visible('C9', 'queries that used it become slow, and REFRESH CONCURRENTLY may fail');
  return [
    ...matched.removed.map(({ value }) =>
      change(
        subject(value.name, { before: value, after: null }),
        { change: 'removed', before: describeIndex(value) },
        slower,
      ),
    ),
    ...matched.pairs.flatMap(({ before: one, after: other }) => {
      const pair = subject(one.key, { before: one.value, after: other.value });
      return [
        ...(one.key === other.key ? [] : [renamedIndex(pair, one.key, other.key)]),
        ...compareProperties(pair, [
          { property: 'definition', text: (index) => describeIndex(index), judge: () => slower },
        ]),
      ];
    }),
    ...matched.added.map(({ value }) =>
      change(
        subject(value.name, { before: null, after: value }),
        { change: 'added', after: describeIndex(value) },
        none('queries may use it'),
      ),
    ),
  ];
}
