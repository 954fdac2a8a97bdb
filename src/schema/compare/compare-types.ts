import { breaks, change, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeAttribute, describeType, describeValues } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { CompositeType, DomainType, EnumType, TypeDefinition } from '../schema.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { judgeRetype } from './judge-type.ts';
import { compareProperties, entriesByName, entriesOf, matchEntries, type Property } from './match.ts';

export function compareTypes(comparison: Comparison): readonly SchemaChange[] {
  const matched = matchEntries(entriesOf(comparison.before.types), entriesOf(comparison.after.types), (one, other) =>
    comparison.isSame('type', one.key, other.key),
  );
  const subject = (name: string, objects: Subject<'type'>['objects']): Subject<'type'> => ({
    kind: 'type',
    name,
    of: null,
    objects,
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: describeType(value) },
        breaks('C2', 'statements that name the type fail'),
      ),
    ),
    ...matched.pairs.flatMap(({ before, after }) => [
      ...(before.key === after.key
        ? []
        : [
            change(
              subject(before.key, { before: before.value, after: after.value }),
              { change: 'changed', property: 'name', before: before.key, after: after.key },
              breaks('C3', 'statements that use the old name fail'),
            ),
          ]),
      ...compareType(subject(after.key, { before: before.value, after: after.value })),
      ...compareGrants(after.key, before.value.grants, after.value.grants),
    ]),
    ...matched.added.map(({ key, value }) =>
      change(
        subject(key, { before: null, after: value }),
        { change: 'added', after: describeType(value) },
        none('it is new'),
      ),
    ),
  ];
}

function compareType(subject: Subject<'type'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (before?.kind === 'enum' && after?.kind === 'enum') return compareEnum(subject, before, after);
  if (before?.kind === 'domain' && after?.kind === 'domain')
    return [...compareProperties(subject, DOMAIN), ...compareDomainConstraints(subject.name, before, after)];
  if (before?.kind === 'composite' && after?.kind === 'composite')
    return compareAttributes(subject.name, before, after);
  return compareProperties(subject, [
    { property: 'definition', text: definitionOf, judge: () => breaks('C4', 'clients get and give another type') },
  ]);
}

function definitionOf(type: TypeDefinition): string {
  return type.kind === 'range' ? `range (${type.parameters.join(', ')})` : describeType(type);
}

function compareEnum(subject: Subject<'type'>, before: EnumType, after: EnumType): readonly SchemaChange[] {
  return compareProperties(subject, [
    {
      property: 'values',
      text: (type) => (type.kind === 'enum' ? describeValues(type.values) : ''),
      judge: () => judgeValues(before.values, after.values),
    },
  ]);
}

function judgeValues(before: readonly string[], after: readonly string[]): Verdict {
  const kept = after.filter((value) => before.includes(value));
  if (kept.length === before.length && kept.every((value, place) => value === before[place]))
    return visible('C13', 'old readers may get a value that they do not know');
  const isRenamed =
    before.length === after.length && kept.every((value) => before.indexOf(value) === after.indexOf(value));
  if (isRenamed) return breaks('C3', 'statements with the old value fail');
  return breaks('C13', 'statements with a value that is gone fail, or values sort in another order');
}

const domain = (read: (type: DomainType) => string) => (type: TypeDefinition) =>
  type.kind === 'domain' ? read(type) : '';

const DOMAIN: readonly Property<TypeDefinition>[] = [
  {
    property: 'base type',
    text: domain(({ baseType }) => baseType),
    judge: () => breaks('C4', 'clients get and give another type'),
  },
  {
    property: 'collation',
    text: domain(({ collation }) => collation ?? 'default'),
    judge: () => breaks('C14', 'comparisons and sort order change'),
  },
  {
    property: 'not null',
    text: domain(({ isNotNull }) => (isNotNull ? 'yes' : 'no')),
    judge: (_, after) =>
      after.kind === 'domain' && after.isNotNull
        ? breaks('C6', 'old statements that leave it NULL fail')
        : breaks('C8', 'old readers may see NULL'),
  },
  {
    property: 'default',
    text: domain((type) => type.default ?? 'none'),
    judge: (before) =>
      before.kind === 'domain' && before.default === null
        ? visible('C7', 'rows that leave it out get a value now')
        : breaks('C7', 'INSERTs that leave it out get another value'),
  },
];

function compareDomainConstraints(name: string, before: DomainType, after: DomainType): readonly SchemaChange[] {
  const matched = matchEntries(entriesByName(before.constraints), entriesByName(after.constraints), () => false);
  const subject = (own: string, objects: Subject<'domain constraint'>['objects']): Subject<'domain constraint'> => ({
    kind: 'domain constraint',
    name: `${name}.${readableName(own)}`,
    of: name,
    objects,
  });
  const tightened = breaks('C6', 'values that old statements write may be refused');
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: value.definition },
        visible('C6', 'values that it refused may be read'),
      ),
    ),
    ...matched.pairs.flatMap((pair) =>
      compareProperties(subject(pair.before.key, { before: pair.before.value, after: pair.after.value }), [
        { property: 'definition', text: ({ definition }) => definition, judge: () => tightened },
        {
          property: 'validated',
          text: ({ isValidated }) => (isValidated ? 'yes' : 'no'),
          judge: () => none('only whether existing rows were looked at'),
        },
      ]),
    ),
    ...matched.added.map(({ key, value }) =>
      change(subject(key, { before: null, after: value }), { change: 'added', after: value.definition }, tightened),
    ),
  ];
}

function compareAttributes(name: string, before: CompositeType, after: CompositeType): readonly SchemaChange[] {
  const matched = matchEntries(entriesByName(before.attributes), entriesByName(after.attributes), () => false);
  const subject = (own: string, objects: Subject<'attribute'>['objects']): Subject<'attribute'> => ({
    kind: 'attribute',
    name: `${name}.${readableName(own)}`,
    of: name,
    objects,
  });
  const wire = ({ type, typeName }: { readonly type: string; readonly typeName: string }) => ({
    type,
    wireType: typeName,
  });
  return [
    ...matched.removed.map(({ key, value }) =>
      change(
        subject(key, { before: value, after: null }),
        { change: 'removed', before: describeAttribute(value) },
        breaks('C14', 'statements that name the attribute or build the type fail'),
      ),
    ),
    ...matched.pairs.flatMap((pair) =>
      compareProperties(subject(pair.before.key, { before: pair.before.value, after: pair.after.value }), [
        {
          property: 'type',
          text: describeAttribute,
          judge: (one, other) => ({ ...judgeRetype(wire(one), wire(other)), hazard: 'C14' }),
        },
      ]),
    ),
    ...matched.added.map(({ key, value }) =>
      change(
        subject(key, { before: null, after: value }),
        { change: 'added', after: describeAttribute(value) },
        visible('C14', 'values that are built without it have one field too few'),
      ),
    ),
  ];
}
