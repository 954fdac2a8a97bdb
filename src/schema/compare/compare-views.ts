import { breaks, none, type SchemaChange, type Subject, visible } from '../change.ts';
import { describeColumn, describeView } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { Column, View } from '../schema.ts';
import { compareRules, compareTriggers } from './compare-attachments.ts';
import { compareColumnGrants } from './compare-columns.ts';
import { compareEntries } from './compare-entries.ts';
import { compareGrants } from './compare-grants.ts';
import { compareViewIndexes } from './compare-indexes.ts';
import { columnOrder } from './compare-tables.ts';
import { type Comparison, pairRelations, type RelationPair } from './comparison.ts';
import { judgeRetype } from './judge-type.ts';
import { compareProperties, entriesByName, entriesOf, type Property } from './match.ts';

export function compareViews(comparison: Comparison): readonly SchemaChange[] {
  return compareEntries(entriesOf(comparison.before.views), entriesOf(comparison.after.views), {
    kind: 'view',
    describe: describeView,
    dependents: viewDependents(comparison),
    isSame: (before, after) => comparison.isSame('relation', before, after),
    isCarried: comparison.isCarried,
    removed: () => breaks('C2', 'statements that name the view fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: () => none('it is new'),
    pair: (subject) => compareView(comparison, subject),
  });
}

/** Whoever stands on a view stands on its columns; one without any is named by itself. */
function viewDependents(comparison: Comparison): (key: string) => readonly View[] {
  return (key) => [
    ...new Set([
      ...comparison.dependents(key),
      ...(comparison.before.views[key]?.columns ?? []).flatMap(({ name }) =>
        comparison.dependents(`${key}.${readableName(name)}`),
      ),
    ]),
  ];
}

function compareView(comparison: Comparison, subject: Subject<'view'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (!before || !after) return [];
  const view = pairRelations(comparison, before, after);
  return [
    ...compareProperties(subject, PROPERTIES),
    ...compareViewColumns(comparison, view),
    ...compareProperties(subject, [columnOrder(view)]),
    ...compareViewIndexes(view),
    ...compareTriggers(view),
    ...compareRules(view),
    ...compareGrants(comparison, { on: 'table', name: subject.name }, { before: before.grants, after: after.grants }),
  ];
}

function compareViewColumns(comparison: Comparison, view: RelationPair<View>): readonly SchemaChange[] {
  return compareEntries(entriesByName(view.before.columns), entriesByName(view.after.columns), {
    kind: 'column',
    of: view.of,
    describe: describeColumn,
    dependents: () => viewDependents(comparison)(view.nameBefore),
    isSame: (before, after) => view.isSamePart('column', before, after),
    removed: () => breaks('C10', 'statements that name the column fail'),
    renamed: () => breaks('C10', 'statements that use the old name fail'),
    added: () => visible('C11', 'may make an old query ambiguous, and widens SELECT *'),
    pair: (subject) => [...compareProperties(subject, COLUMN_PROPERTIES), ...compareColumnGrants(comparison, subject)],
  });
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
