import { breaks, change, none, type SchemaChange, type Subject, visible } from '../change.ts';
import { describeTable } from '../describe-object.ts';
import type { Table } from '../schema.ts';
import { compareAttachments, comparePolicies } from './compare-attachments.ts';
import { compareColumns } from './compare-columns.ts';
import { compareConstraints } from './compare-constraints.ts';
import { compareGrants } from './compare-grants.ts';
import { compareIndexes } from './compare-indexes.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, entriesOf, matchEntries, type Property } from './match.ts';
import { withoutInherited } from './partitions.ts';

export function compareTables(comparison: Comparison): readonly SchemaChange[] {
  const matched = matchEntries(entriesOf(comparison.before.tables), entriesOf(comparison.after.tables), (one, other) =>
    comparison.isSame('relation', one.key, other.key),
  );
  const subject = (name: string, objects: Subject<'table'>['objects']): Subject<'table'> => ({
    kind: 'table',
    name,
    of: null,
    objects,
  });
  const removed = matched.removed.map(({ key, value }) =>
    change(
      subject(key, { before: value, after: null }),
      { change: 'removed', before: describeTable(value) },
      breaks('C2', 'statements that name the table fail'),
    ),
  );
  const changed = matched.pairs.map(({ before, after }) => ({
    name: after.key,
    parent: after.value.partitionOf,
    changes: [
      ...(before.key === after.key
        ? []
        : [
            change(
              subject(before.key, { before: before.value, after: after.value }),
              { change: 'changed', property: 'name', before: before.key, after: after.key },
              breaks('C3', 'statements that use the old name fail'),
            ),
          ]),
      ...compareTable(comparison, subject(after.key, { before: before.value, after: after.value })),
    ],
  }));
  const added = matched.added.map(({ key, value }) =>
    change(
      subject(key, { before: null, after: value }),
      { change: 'added', after: describeTable(value) },
      none('it is new'),
    ),
  );
  return [...removed, ...withoutInherited(changed), ...added];
}

function compareTable(comparison: Comparison, subject: Subject<'table'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (!before || !after) return [];
  return [
    ...compareProperties(subject, PROPERTIES),
    ...compareColumns(comparison, before, after),
    ...compareProperties(subject, [columnOrder(before, after)]),
    ...compareConstraints(comparison, before, after),
    ...compareIndexes(comparison, before, after),
    ...compareAttachments(comparison, before, after),
    ...comparePolicies(comparison, before, after),
    ...compareGrants(subject.name, before.grants, after.grants),
  ];
}

/** The order of the columns that are in both. */
export function columnOrder<T extends { readonly columns: readonly { readonly name: string }[] }>(
  before: T,
  after: T,
): Property<T> {
  const names = (object: T) => object.columns.map(({ name }) => name);
  const common = new Set(names(before).filter((name) => names(after).includes(name)));
  return {
    property: 'column order',
    text: (object) =>
      names(object)
        .filter((name) => common.has(name))
        .join(', '),
    judge: () => breaks('C11', 'SELECT * and positional INSERT mean other columns'),
  };
}

const PROPERTIES: readonly Property<Table>[] = [
  { property: 'kind', text: ({ kind }) => kind, judge: () => breaks('C12', 'the table works in another way') },
  {
    property: 'partition key',
    text: ({ partitionKey }) => partitionKey ?? 'none',
    judge: () => breaks('C12', 'rows go to other partitions'),
  },
  {
    property: 'partition',
    text: ({ partitionOf, partitionBound }) => (partitionOf === null ? 'none' : `of ${partitionOf} ${partitionBound}`),
    judge: (_, after) =>
      after.partitionOf === null
        ? breaks('C12', 'its rows are no longer seen through the partitioned table')
        : breaks('C12', 'rows outside of its bound are refused'),
  },
  {
    property: 'inherits',
    text: ({ inherits }) => inherits.join(', ') || 'none',
    judge: () => breaks('C12', 'queries of the parent see other rows'),
  },
  {
    property: 'unlogged',
    text: ({ isUnlogged }) => yesNo(isUnlogged),
    judge: (_, after) =>
      after.isUnlogged ? visible('C12', 'its rows are gone after a crash') : none('its rows survive a crash now'),
  },
  {
    property: 'row-level security',
    text: ({ hasRowSecurity, forcesRowSecurity }) =>
      hasRowSecurity ? (forcesRowSecurity ? 'forced' : 'on') : forcesRowSecurity ? 'off, forced when on' : 'off',
    judge: (before, after) =>
      before.hasRowSecurity || after.hasRowSecurity
        ? breaks('C10', 'old statements see or may write other rows')
        : none('row-level security is off'),
  },
  {
    property: 'replica identity',
    text: ({ replicaIdentity }) => replicaIdentity,
    judge: () => visible(null, 'logical replication sends other old values'),
  },
  {
    property: 'options',
    text: ({ options }) => options.join(', ') || 'none',
    judge: () => none('only how rows are kept'),
  },
  {
    property: 'access method',
    text: ({ accessMethod }) => accessMethod ?? 'none',
    judge: () => none('only how rows are kept'),
  },
];

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
