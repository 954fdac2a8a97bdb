import { breaks, change, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeRoutine } from '../describe-object.ts';
import type { Routine } from '../schema.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, entriesOf, matchEntries, type Property } from './match.ts';

export function compareRoutines(comparison: Comparison): readonly SchemaChange[] {
  const before = entriesOf(comparison.before.routines);
  const matched = matchEntries(before, entriesOf(comparison.after.routines), (one, other) =>
    comparison.isSame('routine', one.key, other.key),
  );
  const subject = (name: string, objects: Subject<'routine'>['objects']): Subject<'routine'> => ({
    kind: 'routine',
    name,
    of: null,
    objects,
  });
  const hasNamesake = ({ schema, name }: Routine) =>
    before.some(({ value }) => value.schema === schema && value.name === name);
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: describeRoutine(value) },
        breaks('C10', 'statements that call it fail'),
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const one = subject(pair.after.key, { before: pair.before.value, after: pair.after.value });
      return [
        ...(pair.before.key === pair.after.key
          ? []
          : [
              change(
                { ...one, name: pair.before.key },
                { change: 'changed', property: 'name', before: pair.before.key, after: pair.after.key },
                breaks('C3', 'statements that use the old name fail'),
              ),
            ]),
        ...compareProperties(one, PROPERTIES),
        ...compareGrants(pair.after.key, pair.before.value.grants, pair.after.value.grants),
      ];
    }),
    ...matched.added.map(({ key, value }) =>
      change(
        subject(key, { before: null, after: value }),
        { change: 'added', after: describeRoutine(value) },
        hasNamesake(value)
          ? visible('C10', 'calls of its namesake may mean it, or become ambiguous')
          : none('it is new'),
      ),
    ),
  ];
}

const other = visible('C10', 'it may do or return something else');

const PROPERTIES: readonly Property<Routine>[] = [
  { property: 'kind', text: ({ kind }) => kind, judge: () => breaks('C10', 'it is called in another way') },
  { property: 'arguments', text: (routine) => routine.arguments, judge: judgeArguments },
  {
    property: 'result',
    text: ({ result }) => result ?? 'none',
    judge: () => breaks('C10', 'it returns another type'),
  },
  {
    property: 'security',
    text: ({ isSecurityDefiner }) => (isSecurityDefiner ? 'definer' : 'invoker'),
    judge: (_, after) =>
      after.isSecurityDefiner
        ? visible('C10', 'it runs with the rights of its owner')
        : breaks('C10', 'it runs with the rights of its caller, which may not be enough'),
  },
  { property: 'language', text: ({ language }) => language, judge: () => other },
  { property: 'body', text: ({ body }) => body, judge: () => other },
  {
    property: 'settings',
    text: ({ settings }) => settings.join(', ') || 'none',
    judge: () => other,
  },
  {
    property: 'strict',
    text: ({ isStrict }) => (isStrict ? 'yes' : 'no'),
    judge: () => visible('C10', 'it returns something else for NULL'),
  },
  {
    property: 'volatility',
    text: ({ volatility }) => volatility,
    judge: () => visible('C10', 'it may be called more or less often, and used in other places'),
  },
  { property: 'parallel', text: ({ parallel }) => parallel, judge: () => none('only how it is run') },
  {
    property: 'leakproof',
    text: ({ isLeakproof }) => (isLeakproof ? 'yes' : 'no'),
    judge: () => none('only how it is run'),
  },
];

function judgeArguments(before: Routine, after: Routine): Verdict {
  const names = (routine: Routine) => routine.argumentNames.join();
  if (names(before) !== names(after)) return breaks('C10', 'calls with named arguments fail');
  if (after.defaultsCount < before.defaultsCount) return breaks('C10', 'calls that leave an argument out fail');
  if (before.identityArguments !== after.identityArguments) return breaks('C10', 'it is called in another way');
  return visible('C10', 'arguments that are left out have another default');
}
