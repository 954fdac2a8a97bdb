import { breaks, none, type SchemaChange } from '../change.ts';
import { describePolicy } from '../describe-object.ts';
import type { Rule, Table, Trigger, View } from '../schema.ts';
import { compareEntries } from './compare-entries.ts';
import type { RelationPair } from './comparison.ts';
import { compareProperties, type Entry, entriesByName } from './match.ts';

export function compareTriggers(relation: RelationPair<Table | View>): readonly SchemaChange[] {
  const verdict = breaks('C10', 'old statements do something else, or are refused');
  return compareEntries(definitions(relation, relation.before.triggers), entriesByName(relation.after.triggers), {
    kind: 'trigger',
    of: relation.of,
    describe: ({ definition }) => definition,
    isSame: (before, after) => relation.isSamePart('trigger', before, after),
    removed: () => verdict,
    renamed: () => none('only the order in which triggers of one moment run'),
    added: () => verdict,
    pair: (subject, keys) =>
      compareProperties(subject, [
        {
          property: 'definition',
          // The name is in it, and told already.
          text: ({ definition }) => definition.replace(` ${keys.before} `, ` ${keys.after} `),
          judge: () => verdict,
        },
        { property: 'enabled', text: ({ enabled }) => enabled, judge: () => verdict },
      ]),
  });
}

export function compareRules(relation: RelationPair<Table | View>): readonly SchemaChange[] {
  const verdict = breaks('C10', 'old statements do something else');
  return compareEntries(definitions(relation, relation.before.rules), entriesByName(relation.after.rules), {
    kind: 'rule',
    of: relation.of,
    describe: ({ definition }) => definition,
    removed: () => verdict,
    renamed: () => none('only its name'),
    added: () => verdict,
    pair: (subject) =>
      compareProperties(subject, [
        { property: 'definition', text: ({ definition }) => definition, judge: () => verdict },
        { property: 'enabled', text: ({ enabled }) => enabled, judge: () => verdict },
      ]),
  });
}

/** A definition names its table, which may have been renamed; that is told with the table. */
function definitions<T extends Trigger | Rule>(
  relation: RelationPair<Table | View>,
  list: readonly T[],
): readonly Entry<T>[] {
  const { nameBefore, of } = relation;
  return entriesByName(
    list.map((item) => ({ ...item, definition: item.definition.replace(` ON ${nameBefore} `, ` ON ${of.name} `) })),
  );
}

export function comparePolicies(table: RelationPair<Table>): readonly SchemaChange[] {
  const isAsleep = !table.before.hasRowSecurity && !table.after.hasRowSecurity;
  const verdict = isAsleep
    ? none('row-level security is off')
    : breaks('C10', 'old statements see or may write other rows');
  return compareEntries(entriesByName(table.before.policies), entriesByName(table.after.policies), {
    kind: 'policy',
    of: table.of,
    describe: describePolicy,
    isSame: (before, after) => table.isSamePart('policy', before, after),
    removed: () => verdict,
    renamed: () => none('only its name'),
    added: () => verdict,
    pair: (subject) =>
      compareProperties(subject, [{ property: 'definition', text: describePolicy, judge: () => verdict }]),
  });
}
