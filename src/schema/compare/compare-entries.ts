import {
  type ChangingKind,
  type ChangingObjects,
  change,
  type Owner,
  type SchemaChange,
  type Subject,
  type Verdict,
} from '../change.ts';
import { readableName } from '../qualified-name.ts';
import type { View } from '../schema.ts';
import { type Entry, matchEntries } from './match.ts';

/** How the objects of one kind are compared, and what it means when one comes, goes or gets another name. */
export interface Way<Kind extends ChangingKind> {
  readonly kind: Kind;
  /** What they are parts of. */
  readonly of?: { readonly name: string; readonly owner: Owner };
  readonly describe: (object: ChangingObjects[Kind]) => string;
  readonly dependents?: (key: string) => readonly View[];
  /** Whether another name is told with something else. */
  readonly isCarried?: (before: string, after: string) => boolean;
  readonly isSame?: (before: string, after: string) => boolean;
  readonly removed: (object: ChangingObjects[Kind]) => Verdict;
  readonly renamed: (before: ChangingObjects[Kind]) => Verdict;
  readonly added: (object: ChangingObjects[Kind]) => Verdict;
  /** What differs between two that are the same object. */
  readonly pair: (
    subject: Subject<Kind>,
    keys: { readonly before: string; readonly after: string },
  ) => readonly SchemaChange[];
}

/** First what is gone, then what is another, then what is new. */
export function compareEntries<Kind extends ChangingKind>(
  before: readonly Entry<ChangingObjects[Kind]>[],
  after: readonly Entry<ChangingObjects[Kind]>[],
  way: Way<Kind>,
): readonly SchemaChange[] {
  type Item = ChangingObjects[Kind];
  const isSame = way.isSame ?? (() => false);
  const matched = matchEntries(before, after, (one, other) => isSame(one.key, other.key));
  const subject = (
    key: string,
    sides: { readonly before: Item | null; readonly after: Item | null },
    keyBefore = key,
  ): Subject<Kind> => ({
    kind: way.kind,
    name: way.of ? `${way.of.name}.${readableName(key)}` : key,
    of: way.of?.name ?? null,
    objects: {
      ...sides,
      owner: way.of?.owner ?? null,
      dependents: sides.before && way.dependents ? way.dependents(keyBefore) : [],
    },
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: way.describe(value) },
        way.removed(value),
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const keys = { before: pair.before.key, after: pair.after.key };
      const sides = { before: pair.before.value, after: pair.after.value };
      const name = { change: 'changed', property: 'name', ...keys } as const;
      const renamed = change(subject(keys.before, sides), name, way.renamed(sides.before));
      // Most of a database is as it was.
      if (!way.of && keys.before === keys.after && JSON.stringify(sides.before) === JSON.stringify(sides.after))
        return [];
      return [
        ...(keys.before === keys.after || way.isCarried?.(keys.before, keys.after) ? [] : [renamed]),
        ...way.pair(subject(keys.after, sides, keys.before), keys),
      ];
    }),
    ...matched.added.map(({ key, value }) =>
      change(
        subject(key, { before: null, after: value }),
        { change: 'added', after: way.describe(value) },
        way.added(value),
      ),
    ),
  ];
}
