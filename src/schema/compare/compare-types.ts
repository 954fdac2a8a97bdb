import { breaks, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeAttribute, describeType, describeValues } from '../describe-object.ts';
import type { Attribute, CompositeType, DomainType, EnumType, TypeDefinition } from '../type-definition.ts';
import { compareEntries } from './compare-entries.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { judgeRetype } from './judge-type.ts';
import { compareProperties, entriesByName, entriesOf, type Property } from './match.ts';

export function compareTypes(comparison: Comparison): readonly SchemaChange[] {
  return compareEntries(entriesOf(comparison.before.types), entriesOf(comparison.after.types), {
    kind: 'type',
    describe: describeType,
    isSame: (before, after) => comparison.isSame('type', before, after),
    isCarried: comparison.isCarried,
    removed: () => breaks('C2', 'statements that name the type fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: () => none('it is new'),
    pair: (subject) => [
      ...compareType(subject),
      ...compareGrants(
        comparison,
        { on: 'type', name: subject.name },
        { before: subject.objects.before?.grants, after: subject.objects.after?.grants },
      ),
    ],
  });
}

function compareType(subject: Subject<'type'>): readonly SchemaChange[] {
  const { before, after } = subject.objects;
  if (before?.kind === 'enum' && after?.kind === 'enum') return compareEnum(subject, before, after);
  if (before?.kind === 'domain' && after?.kind === 'domain')
    return [...compareProperties(subject, DOMAIN), ...compareDomainConstraints(subject.name, before, after)];
  if (before?.kind === 'composite' && after?.kind === 'composite') return compareAttributes(subject, before, after);
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
  const tightened = breaks('C6', 'values that old statements write may be refused');
  return compareEntries(entriesByName(before.constraints), entriesByName(after.constraints), {
    kind: 'domain constraint',
    of: { name, owner: after },
    describe: ({ definition, isValidated }) => `${definition}${isValidated ? '' : ' NOT VALID'}`,
    removed: () => visible('C6', 'values that it refused may be read'),
    renamed: () => none('only its name'),
    added: () => tightened,
    pair: (subject) =>
      compareProperties(subject, [
        { property: 'definition', text: ({ definition }) => definition, judge: () => tightened },
        {
          property: 'validated',
          text: ({ isValidated }) => (isValidated ? 'yes' : 'no'),
          judge: () => none('only whether existing rows were looked at'),
        },
      ]),
  });
}

function compareAttributes(
  subject: Subject<'type'>,
  before: CompositeType,
  after: CompositeType,
): readonly SchemaChange[] {
  const wire = ({ type, typeName }: Attribute) => ({ type, wireType: typeName });
  const kept = (type: CompositeType, other: CompositeType) =>
    type.attributes.map(({ name }) => name).filter((name) => other.attributes.some((one) => one.name === name));
  const changes = compareEntries(entriesByName(before.attributes), entriesByName(after.attributes), {
    kind: 'attribute',
    of: { name: subject.name, owner: after },
    describe: describeAttribute,
    removed: () => breaks('C14', 'statements that name the attribute or build the type fail'),
    renamed: () => breaks('C14', 'statements that use the old name fail'),
    added: () => visible('C14', 'values that are built without it have one field too few'),
    pair: (one) =>
      compareProperties(one, [
        {
          property: 'type',
          text: describeAttribute,
          judge: (was, is) => ({ ...judgeRetype(wire(was), wire(is)), hazard: 'C14' }),
        },
      ]),
  });
  const order: Property<TypeDefinition> = {
    property: 'attribute order',
    text: (type) => (type === before ? kept(before, after) : kept(after, before)).join(', '),
    judge: () => breaks('C14', 'values that are built by position mean other attributes'),
  };
  return [...changes, ...compareProperties(subject, [order])];
}
