import { breaks, none, type SchemaChange, visible } from '../change.ts';
import { describeGrant, describeSequence } from '../describe-object.ts';
import type { DefaultPrivileges, Named, Sequence } from '../schema.ts';
import { compareEntries } from './compare-entries.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, entriesOf, type Property } from './match.ts';

export function compareExtensions({ before, after }: Comparison): readonly SchemaChange[] {
  return compareEntries(entriesOf(before.extensions), entriesOf(after.extensions), {
    kind: 'extension',
    describe: ({ version, schema }) => `version ${version} in ${schema}`,
    removed: () => breaks('C2', 'statements that use its objects fail'),
    renamed: () => none('only its name'),
    added: () => none('it is new'),
    pair: (subject) =>
      compareProperties(subject, [
        {
          property: 'version',
          text: ({ version }) => version,
          judge: () => visible(null, 'its objects may have changed'),
        },
        {
          property: 'schema',
          text: ({ schema }) => schema,
          judge: () => breaks('C12', 'statements that name its objects fail'),
        },
      ]),
  });
}

export function compareNamespaces(comparison: Comparison): readonly SchemaChange[] {
  const { before, after, isSame } = comparison;
  return compareEntries(entriesOf(before.schemas), entriesOf(after.schemas), {
    kind: 'schema',
    describe: ({ name }) => name,
    isSame: (one, other) => isSame('schema', one, other),
    removed: () => breaks('C2', 'statements that name the schema fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: () => none('it is new'),
    pair: ({ name, objects }) =>
      compareGrants(
        comparison,
        { on: 'schema', name },
        { before: objects.before?.grants, after: objects.after?.grants },
      ),
  });
}

/** Those that came or went with an identity column are told with the column. */
export function compareSequences(comparison: Comparison): readonly SchemaChange[] {
  const { before, after, isSame } = comparison;
  const pick = (own: Named<Sequence>, other: Named<Sequence>) =>
    entriesOf(own).filter(({ key, value }) => !value.isIdentity || other[key] !== undefined);
  return compareEntries(pick(before.sequences, after.sequences), pick(after.sequences, before.sequences), {
    kind: 'sequence',
    describe: describeSequence,
    isSame: (one, other) => isSame('relation', one, other),
    isCarried: comparison.isCarried,
    removed: () => breaks('C7', 'statements that take numbers from it fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: () => none('it is new'),
    pair: (subject) => [
      ...compareProperties(subject, SEQUENCE),
      ...compareGrants(
        comparison,
        { on: 'sequence', name: subject.name },
        { before: subject.objects.before?.grants, after: subject.objects.after?.grants },
      ),
    ],
  });
}

const numbers = breaks('C7', 'it gives other numbers');

const SEQUENCE: readonly Property<Sequence>[] = [
  ...(['type', 'increment', 'minimum', 'maximum'] as const).map<Property<Sequence>>((property) => ({
    property,
    text: (sequence) => sequence[property],
    judge: () => numbers,
  })),
  { property: 'start', text: ({ start }) => start, judge: () => none('only where a restart begins') },
  { property: 'cycle', text: ({ isCycled }) => yesNo(isCycled), judge: () => numbers },
  { property: 'cache', text: ({ cache }) => cache, judge: () => none('only how numbers are handed out') },
  {
    property: 'owned by',
    text: ({ ownedBy }) => (ownedBy ? `${ownedBy.table}.${ownedBy.column}` : 'none'),
    judge: () => none('only what it goes away with'),
  },
  { property: 'unlogged', text: ({ isUnlogged }) => yesNo(isUnlogged), judge: () => none('only how it is kept') },
];

export function compareStatistics({ before, after }: Comparison): readonly SchemaChange[] {
  const verdict = none('only what the planner knows');
  return compareEntries(entriesOf(before.statistics), entriesOf(after.statistics), {
    kind: 'statistics',
    describe: ({ definition }) => definition,
    removed: () => verdict,
    renamed: () => verdict,
    added: () => verdict,
    pair: (subject) =>
      compareProperties(subject, [
        { property: 'definition', text: ({ definition }) => definition, judge: () => verdict },
      ]),
  });
}

export function compareDefaultPrivileges({ before, after }: Comparison): readonly SchemaChange[] {
  const describe = ({ grants }: DefaultPrivileges) => grants.map(describeGrant).join('; ') || 'none';
  const verdict = none('only about objects that are made later');
  return compareEntries(entriesOf(before.defaultPrivileges), entriesOf(after.defaultPrivileges), {
    kind: 'default privileges',
    describe,
    removed: () => verdict,
    renamed: () => verdict,
    added: () => verdict,
    pair: (subject) => compareProperties(subject, [{ property: 'privileges', text: describe, judge: () => verdict }]),
  });
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
