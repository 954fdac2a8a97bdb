import {
  type ChangingKind,
  type ChangingObjects,
  change,
  type Difference,
  type SchemaChange,
  type Subject,
  type Verdict,
} from '../change.ts';

/** An object under the name that it is known by among its kind. */
export interface Entry<T> {
  readonly key: string;
  readonly value: T;
}

export interface Matched<T> {
  /** Both sides of what was there and is there. The keys differ when it was renamed. */
  readonly pairs: readonly { readonly before: Entry<T>; readonly after: Entry<T> }[];
  readonly removed: readonly Entry<T>[];
  readonly added: readonly Entry<T>[];
}

/** Pairs what has the same name, then what is certainly the same object under another one. */
export function matchEntries<T>(
  before: readonly Entry<T>[],
  after: readonly Entry<T>[],
  isSame: (before: Entry<T>, after: Entry<T>) => boolean,
): Matched<T> {
  const byKey = new Map(after.map((entry) => [entry.key, entry]));
  const keysBefore = new Set(before.map(({ key }) => key));
  const added = after.filter(({ key }) => !keysBefore.has(key));
  const pairs: { before: Entry<T>; after: Entry<T> }[] = [];
  const removed: Entry<T>[] = [];
  const renamed = new Set<Entry<T>>();
  for (const entry of before) {
    const found = byKey.get(entry.key) ?? added.find((other) => !renamed.has(other) && isSame(entry, other));
    if (!found) removed.push(entry);
    else pairs.push({ before: entry, after: found });
    if (found && found.key !== entry.key) renamed.add(found);
  }
  return { pairs, removed, added: added.filter((entry) => !renamed.has(entry)) };
}

/** One property of an object: how it reads, and what a difference means. */
export interface Property<T> {
  readonly property: string;
  readonly text: (object: T) => string;
  readonly judge: (before: T, after: T) => Verdict;
}

/** A change for every property that reads differently. */
export function compareProperties<Kind extends ChangingKind>(
  subject: Subject<Kind>,
  properties: readonly Property<ChangingObjects[Kind]>[],
): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (before === null || after === null) return [];
  return properties.flatMap(({ property, text, judge }) => {
    const difference: Difference = { change: 'changed', property, before: text(before), after: text(after) };
    return difference.before === difference.after ? [] : [change(subject, difference, judge(before, after))];
  });
}

export function entriesOf<T>(named: { readonly [key: string]: T }): readonly Entry<T>[] {
  return Object.keys(named)
    .sort()
    .map((key) => ({ key, value: named[key] as T }));
}

export function entriesByName<T extends { readonly name: string }>(list: readonly T[]): readonly Entry<T>[] {
  return list.map((value) => ({ key: value.name, value }));
}
