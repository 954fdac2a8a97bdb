import {
  breaks,
  type ChangingKind,
  type ChangingObjects,
  change,
  none,
  type SchemaChange,
  type Subject,
  type Verdict,
  visible,
} from '../change.ts';
import { describeGrant, describeSequence } from '../describe-object.ts';
import type { DefaultPrivileges, Named, Sequence } from '../schema.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, type Entry, entriesOf, matchEntries, type Property } from './match.ts';

/** How one kind of simple, named thing is compared. */
interface Way<T> {
  readonly describe: (object: T) => string;
  readonly properties: readonly Property<T>[];
  readonly removed: Verdict;
  readonly added: Verdict;
  readonly isSame?: (before: Entry<T>, after: Entry<T>) => boolean;
}

export function compareExtensions({ before, after }: Comparison): readonly SchemaChange[] {
  return compareNamed('extension', [before.extensions, after.extensions], {
    describe: ({ version, schema }) => `version ${version} in ${schema}`,
    properties: [
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
    ],
    removed: breaks('C2', 'statements that use its objects fail'),
    added: none('it is new'),
  });
}

export function compareNamespaces({ before, after }: Comparison): readonly SchemaChange[] {
  const names = Object.keys(before.schemas).filter((name) => after.schemas[name] !== undefined);
  return [
    ...compareNamed('schema', [before.schemas, after.schemas], {
      describe: ({ name }) => name,
      properties: [],
      removed: breaks('C2', 'statements that name the schema fail'),
      added: none('it is new'),
    }),
    ...names.flatMap((name) =>
      compareGrants(name, before.schemas[name]?.grants ?? [], after.schemas[name]?.grants ?? []),
    ),
  ];
}

/** Those that came or went with an identity column are told with the column. */
export function compareSequences({ before, after, isSame }: Comparison): readonly SchemaChange[] {
  const known = (sequence: Sequence, other: Named<Sequence>, name: string) =>
    !sequence.isIdentity || other[name] !== undefined;
  const pick = (own: Named<Sequence>, other: Named<Sequence>): Named<Sequence> =>
    Object.fromEntries(Object.entries(own).filter(([name, sequence]) => known(sequence, other, name)));
  const names = Object.keys(before.sequences).filter((name) => after.sequences[name] !== undefined);
  const other = breaks('C7', 'it gives other numbers');
  const numbers = (['type', 'start', 'increment', 'minimum', 'maximum'] as const).map<Property<Sequence>>(
    (property) => ({
      property,
      text: (sequence) => sequence[property],
      judge: () => (property === 'start' ? none('only where a restart begins') : other),
    }),
  );
  return [
    ...compareNamed('sequence', [pick(before.sequences, after.sequences), pick(after.sequences, before.sequences)], {
      describe: describeSequence,
      properties: [
        ...numbers,
        { property: 'cycle', text: ({ isCycled }) => yesNo(isCycled), judge: () => other },
        { property: 'cache', text: ({ cache }) => cache, judge: () => none('only how numbers are handed out') },
        {
          property: 'owned by',
          text: ({ ownedBy }) => (ownedBy ? `${ownedBy.table}.${ownedBy.column}` : 'none'),
          judge: () => none('only what it goes away with'),
        },
        { property: 'unlogged', text: ({ isUnlogged }) => yesNo(isUnlogged), judge: () => none('only how it is kept') },
      ],
      removed: breaks('C7', 'statements that take numbers from it fail'),
      added: none('it is new'),
      isSame: (one, two) => isSame('relation', one.key, two.key),
    }),
    ...names.flatMap((name) =>
      compareGrants(name, before.sequences[name]?.grants ?? [], after.sequences[name]?.grants ?? []),
    ),
  ];
}

export function compareStatistics({ before, after }: Comparison): readonly SchemaChange[] {
  return compareNamed('statistics', [before.statistics, after.statistics], {
    describe: ({ definition }) => definition,
    properties: [
      {
        property: 'definition',
        text: ({ definition }) => definition,
        judge: () => none('only what the planner knows'),
      },
    ],
    removed: none('only what the planner knows'),
    added: none('only what the planner knows'),
  });
}

export function compareDefaultPrivileges({ before, after }: Comparison): readonly SchemaChange[] {
  const describe = ({ grants }: DefaultPrivileges) => grants.map(describeGrant).join('; ') || 'none';
  const verdict = none('only about objects that are made later');
  return compareNamed('default privileges', [before.defaultPrivileges, after.defaultPrivileges], {
    describe,
    properties: [{ property: 'privileges', text: describe, judge: () => verdict }],
    removed: verdict,
    added: verdict,
  });
}

function compareNamed<Kind extends ChangingKind>(
  kind: Kind,
  [before, after]: readonly [Named<ChangingObjects[Kind]>, Named<ChangingObjects[Kind]>],
  way: Way<ChangingObjects[Kind]>,
): readonly SchemaChange[] {
  const matched = matchEntries(entriesOf(before), entriesOf(after), way.isSame ?? (() => false));
  const subject = (name: string, objects: Subject<Kind>['objects']): Subject<Kind> => ({
    kind,
    name,
    of: null,
    objects,
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: way.describe(value) },
        way.removed,
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const objects = { before: pair.before.value, after: pair.after.value };
      const renamed = { change: 'changed', property: 'name', before: pair.before.key, after: pair.after.key } as const;
      return [
        ...(pair.before.key === pair.after.key
          ? []
          : [
              change(subject(pair.before.key, objects), renamed, breaks('C3', 'statements that use the old name fail')),
            ]),
        ...compareProperties(subject(pair.after.key, objects), way.properties),
      ];
    }),
    ...matched.added.map(({ key, value }) =>
      change(subject(key, { before: null, after: value }), { change: 'added', after: way.describe(value) }, way.added),
    ),
  ];
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
