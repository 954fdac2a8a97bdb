import { breaks, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeRoutine } from '../describe-object.ts';
import type { Routine } from '../schema.ts';
import { compareEntries } from './compare-entries.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { compareProperties, entriesOf, type Property } from './match.ts';

export function compareRoutines(comparison: Comparison): readonly SchemaChange[] {
  const before = entriesOf(comparison.before.routines);
  const hasNamesake = ({ schema, name }: Routine) =>
    before.some(({ value }) => value.schema === schema && value.name === name);
  return compareEntries(before, entriesOf(comparison.after.routines), {
    kind: 'routine',
    describe: describeRoutine,
    isSame: (one, two) => comparison.isSame('routine', one, two),
    isCarried: comparison.isCarried,
    removed: () => breaks('C10', 'statements that call it fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: (routine) =>
      hasNamesake(routine)
        ? visible('C10', 'calls of its namesake may mean it, or become ambiguous')
        : none('it is new'),
    pair: (subject) => [
      ...compareRoutine(subject),
      ...compareGrants(
        comparison,
        { on: 'routine', name: subject.name },
        { before: subject.objects.before?.grants, after: subject.objects.after?.grants },
      ),
    ],
  });
}

function compareRoutine(subject: Subject<'routine'>): readonly SchemaChange[] {
  const found = compareProperties(subject, PROPERTIES);
  const { before, after } = subject.objects;
  if (found.length > 0 || before?.name !== after?.name || before?.schema !== after?.schema) return found;
  return compareProperties(subject, [
    { property: 'definition', text: ({ definition }) => definition ?? '', judge: () => none('only how it is run') },
  ]);
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
