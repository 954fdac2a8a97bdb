import { breaks, none, type SchemaChange, type Subject, visible } from '../change.ts';
import { describeTable } from '../describe-object.ts';
import type { Table, View } from '../schema.ts';
import { comparePolicies, compareRules, compareTriggers } from './compare-attachments.ts';
import { compareColumns } from './compare-columns.ts';
import { compareConstraints } from './compare-constraints.ts';
import { compareEntries } from './compare-entries.ts';
import { compareGrants } from './compare-grants.ts';
import { compareIndexes } from './compare-indexes.ts';
import { type Comparison, pairRelations, type RelationPair } from './comparison.ts';
import { compareProperties, entriesOf, type Property } from './match.ts';
import { type TableChanges, withoutInherited } from './partitions.ts';

export function compareTables(comparison: Comparison): readonly SchemaChange[] {
  const partitions: TableChanges[] = [];
  const changes = compareEntries(entriesOf(comparison.before.tables), entriesOf(comparison.after.tables), {
    kind: 'table',
    describe: describeTable,
    isSame: (before, after) => comparison.isSame('relation', before, after),
    isCarried: comparison.isCarried,
    removed: () => breaks('C2', 'statements that name the table fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: () => none('it is new'),
    pair: (subject) => {
      const own = compareTable(comparison, subject);
      partitions.push({ name: subject.name, parent: subject.objects.after?.partitionOf ?? null, changes: own });
      return own;
    },
  });
  return withoutInherited(changes, partitions);
}

function compareTable(comparison: Comparison, subject: Subject<'table'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (!before || !after) return [];
  const table = pairRelations(comparison, before, after);
  return [
    ...compareProperties(subject, PROPERTIES),
    ...compareColumns(comparison, table),
    ...compareProperties(subject, [columnOrder(table)]),
    ...compareConstraints(table),
    ...compareIndexes(table),
    ...compareTriggers(table),
    ...compareRules(table),
    ...comparePolicies(table),
    ...compareGrants(comparison, { on: 'table', name: subject.name }, { before: before.grants, after: after.grants }),
  ];
}

/** The order of the columns that are in both. */
export function columnOrder<T extends Table | View>(relation: RelationPair<T>): Property<T> {
  // A renamed column stands where it stood.
  const nameNow = (name: string) =>
    relation.after.columns.find((column) => relation.isSamePart('column', name, column.name))?.name ?? name;
  const names = ({ columns }: T) => columns.map(({ name }) => name);
  const before = names(relation.before).map(nameNow);
  const after = names(relation.after);
  return {
    property: 'column order',
    text: (object) =>
      (object === relation.before ? before : after)
        .filter((name) => before.includes(name) && after.includes(name))
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
