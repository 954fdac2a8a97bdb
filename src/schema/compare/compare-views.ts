import { breaks, change, none, type SchemaChange, type Subject, visible } from '../change.ts';
import { describeColumn, describeView } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { Column, View } from '../schema.ts';
import { compareAttachments } from './compare-attachments.ts';
import { compareGrants } from './compare-grants.ts';
import { compareViewIndexes } from './compare-indexes.ts';
import { columnOrder } from './compare-tables.ts';
import type { Comparison } from './comparison.ts';
import { judgeRetype } from './judge-type.ts';
import { compareProperties, entriesByName, entriesOf, matchEntries, type Property } from './match.ts';

export function compareViews(comparison: Comparison): readonly SchemaChange[] {
  const matched = matchEntries(entriesOf(comparison.before.views), entriesOf(comparison.after.views), (one, other) =>
    comparison.isSame('relation', one.key, other.key),
  );
  const subject = (name: string, objects: Subject<'view'>['objects']): Subject<'view'> => ({
    kind: 'view',
    name,
    of: null,
    objects,
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: describeView(value) },
        breaks('C2', 'statements that name the view fail'),
      ),
    ),
    ...matched.pairs.flatMap(({ before, after }) => [
      ...(before.key === after.key
        ? []
        : [
            change(
              subject(before.key, { before: before.value, after: after.value }),
              { change: 'changed', property: 'name', before: before.key, after: after.key },
              breaks('C3', 'statements that use the old name fail'),
            ),
          ]),
      ...compareView(comparison, subject(after.key, { before: before.value, after: after.value })),
    ]),
    ...matched.added.map(({ key, value }) =>
      change(
        subject(key, { before: null, after: value }),
        { change: 'added', after: describeView(value) },
        none('it is new'),
      ),
    ),
  ];
}

function compareView(comparison: Comparison, subject: Subject<'view'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (!before || !after) return [];
  return [
    ...compareProperties(subject, PROPERTIES),
    ...compareViewColumns(subject.name, before, after),
    ...compareProperties(subject, [columnOrder(before, after)]),
    ...compareViewIndexes(comparison, before, after),
    ...compareAttachments(comparison, before, after),
    ...compareGrants(subject.name, before.grants, after.grants),
  ];
}

const PROPERTIES: readonly Property<View>[] = [
  {
    property: 'kind',
    text: ({ isMaterialized }) => (isMaterialized ? 'materialized view' : 'view'),
    judge: () => breaks('C10', 'its rows are of another moment'),
  },
  {
    property: 'definition',
    text: ({ definition }) => definition,
    judge: () => visible('C10', 'it may show other rows'),
  },
  {
    property: 'options',
    text: ({ options }) => options.join(', ') || 'none',
    judge: () => visible('C10', 'other rows or other rights may apply'),
  },
  {
    property: 'populated',
    text: ({ isPopulated }) => (isPopulated ? 'yes' : 'no'),
    judge: (_, after) =>
      after.isPopulated ? none('it can be read now') : breaks('C10', 'it cannot be read before a refresh'),
  },
];

function compareViewColumns(name: string, before: View, after: View): readonly SchemaChange[] {
  const matched = matchEntries(entriesByName(before.columns), entriesByName(after.columns), () => false);
  const subject = (column: Column, objects: Subject<'column'>['objects']): Subject<'column'> => ({
    kind: 'column',
    name: `${name}.${readableName(column.name)}`,
    of: name,
    objects,
  });
  return [
    ...matched.removed.map(({ value }) =>
      change(
        subject(value, { before: value, after: null }),
        { change: 'removed', before: describeColumn(value) },
        breaks('C10', 'statements that name the column fail'),
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const one = subject(pair.after.value, { before: pair.before.value, after: pair.after.value });
      return [
        ...compareProperties(one, COLUMN_PROPERTIES),
        ...compareGrants(one.name, pair.before.value.grants, pair.after.value.grants),
      ];
    }),
    ...matched.added.map(({ value }) =>
      change(
        subject(value, { before: null, after: value }),
        { change: 'added', after: describeColumn(value) },
        visible('C11', 'may make an old query ambiguous, and widens SELECT *'),
      ),
    ),
  ];
}

const COLUMN_PROPERTIES: readonly Property<Column>[] = [
  {
    property: 'type',
    text: ({ type }) => type,
    judge: (before, after) => ({ ...judgeRetype(before, after), hazard: 'C10' }),
  },
  {
    property: 'collation',
    text: ({ collation }) => collation ?? 'default',
    judge: () => breaks('C14', 'comparisons and sort order change'),
  },
  {
    property: 'default',
    text: (column) => column.default ?? 'none',
    judge: () => breaks('C7', 'INSERTs that leave it out get another value'),
  },
];
