import { breaks, change, none, type SchemaChange, type Subject } from '../change.ts';
import { describePolicy } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { Policy, Rule, Table, Trigger } from '../schema.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, entriesByName, matchEntries } from './match.ts';

interface Sides {
  readonly schema: string;
  readonly name: string;
  readonly triggers: readonly Trigger[];
  readonly rules: readonly Rule[];
}

/** Triggers and rules of a table or view that was there before. */
export function compareAttachments(comparison: Comparison, before: Sides, after: Sides): readonly SchemaChange[] {
  return [
    ...compareList(comparison, 'trigger', { before, after, listBefore: before.triggers, listAfter: after.triggers }),
    ...compareList(comparison, 'rule', { before, after, listBefore: before.rules, listAfter: after.rules }),
  ];
}

interface Lists {
  readonly before: Sides;
  readonly after: Sides;
  readonly listBefore: readonly Trigger[];
  readonly listAfter: readonly Trigger[];
}

const VERDICT = {
  trigger: breaks('C10', 'old statements do something else, or are refused'),
  rule: breaks('C10', 'old statements do something else'),
};

function compareList(comparison: Comparison, kind: 'trigger' | 'rule', lists: Lists): readonly SchemaChange[] {
  const { nameBefore, nameAfter } = comparison.ofRelation(lists.before, lists.after);
  const isSame = (one: string, other: string) =>
    kind === 'trigger' &&
    comparison.isSame('trigger', `${nameBefore}.${readableName(one)}`, `${nameAfter}.${readableName(other)}`);
  // A definition names its table, which may have been renamed.
  const listBefore = lists.listBefore.map((item) => ({
    ...item,
    definition: item.definition.replace(` ON ${nameBefore} `, ` ON ${nameAfter} `),
  }));
  const matched = matchEntries(entriesByName(listBefore), entriesByName(lists.listAfter), (one, other) =>
    isSame(one.key, other.key),
  );
  const subject = (name: string, sides: Subject<'trigger'>['objects']): Subject<'trigger' | 'rule'> => ({
    kind,
    name: `${nameAfter}.${readableName(name)}`,
    of: nameAfter,
    objects: sides,
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: value.definition },
        VERDICT[kind],
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const one = subject(pair.before.key, { before: pair.before.value, after: pair.after.value });
      if (pair.before.key !== pair.after.key)
        return [
          change(
            one,
            { change: 'changed', property: 'name', before: pair.before.key, after: pair.after.key },
            none('triggers of one moment run in the order of their names, which may change'),
          ),
        ];
      return compareProperties(one, [
        { property: 'definition', text: ({ definition }) => definition, judge: () => VERDICT[kind] },
        { property: 'enabled', text: ({ enabled }) => enabled, judge: () => VERDICT[kind] },
      ]);
    }),
    ...matched.added.map(({ key, value }) =>
      change(subject(key, { before: null, after: value }), { change: 'added', after: value.definition }, VERDICT[kind]),
    ),
  ];
}

export function comparePolicies(comparison: Comparison, before: Table, after: Table): readonly SchemaChange[] {
  const { nameBefore, nameAfter } = comparison.ofRelation(before, after);
  const matched = matchEntries(entriesByName(before.policies), entriesByName(after.policies), (one, other) =>
    comparison.isSame('policy', `${nameBefore}.${readableName(one.key)}`, `${nameAfter}.${readableName(other.key)}`),
  );
  const isAsleep = !before.hasRowSecurity && !after.hasRowSecurity;
  const verdict = isAsleep
    ? none('row-level security is off')
    : breaks('C10', 'old statements see or may write other rows');
  const subject = (name: string, sides: Subject<'policy'>['objects']): Subject<'policy'> => ({
    kind: 'policy',
    name: `${nameAfter}.${readableName(name)}`,
    of: nameAfter,
    objects: sides,
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: describePolicy(value) },
        verdict,
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const one = subject(pair.before.key, { before: pair.before.value, after: pair.after.value });
      const renamed = { change: 'changed', property: 'name', before: pair.before.key, after: pair.after.key } as const;
      return [
        ...(pair.before.key === pair.after.key ? [] : [change(one, renamed, none('only its name'))]),
        ...compareProperties(one, [
          { property: 'definition', text: (policy: Policy) => describePolicy(policy), judge: () => verdict },
        ]),
      ];
    }),
    ...matched.added.map(({ key, value }) =>
      change(subject(key, { before: null, after: value }), { change: 'added', after: describePolicy(value) }, verdict),
    ),
  ];
}
