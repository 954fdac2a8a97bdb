import { quoteLiteral, quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import { describeAttribute } from '../describe-object.ts';
import type { DomainConstraint, DomainType, EnumType, TypeDefinition } from '../type-definition.ts';
import { type Repair, relationSql, type Unrepairable } from './repair.ts';
import { grantAllButDefault } from './repair-grant.ts';
import { makesOf, rename } from './repair-table.ts';

type ChangeOf<Kind extends SchemaChange['kind']> = Extract<SchemaChange, { readonly kind: Kind }>;

export function repairType(change: ChangeOf<'type'>): readonly (Repair | Unrepairable)[] {
  const { before, after } = change.objects;
  const noun = (type: TypeDefinition) => (type.kind === 'domain' ? 'domain' : 'type');
  if (before && after === null)
    return [{ stage: 'leftover', sql: `drop ${noun(before)} ${relationSql(before)}`, isDestructive: true }];
  if (after === null) return [];
  if (before === null) return [...createType(after), ...grantAllButDefault('type', change.name, after.grants)];
  if (change.change !== 'changed') return [];
  if (change.property === 'name') return rename(before, after, noun(after));
  if (before.kind === 'enum' && after.kind === 'enum') return repairValues(before, after);
  if (before.kind === 'domain' && after.kind === 'domain') return repairDomain(change.property, after);
  return [{ note: 'the type has to be made anew, and the columns that have it moved to it' }];
}

function createType(type: TypeDefinition): readonly (Repair | Unrepairable)[] {
  const made = (sql: string): readonly Repair[] => [{ stage: 'create', sql, makes: makesOf(type) }];
  const name = relationSql(type);
  switch (type.kind) {
    case 'enum':
      return made(`create type ${name} as enum (${type.values.map((value) => quoteLiteral(value)).join(', ')})`);
    case 'domain':
      return made(createDomain(type));
    case 'composite':
      return made(
        `create type ${name} as (${type.attributes.map((attribute) => `${quoteName(attribute.name)} ${describeAttribute(attribute)}`).join(', ')})`,
      );
    case 'range':
      return made(`create type ${name} as range (${type.parameters.join(', ')})`);
    case 'base':
      return [{ note: 'a base type has to be made by hand' }];
  }
}

function createDomain(type: DomainType): string {
  return [
    `create domain ${relationSql(type)} as ${type.baseType}`,
    ...(type.collation === null ? [] : [`collate ${type.collation}`]),
    ...(type.default === null ? [] : [`default ${type.default}`]),
    ...(type.isNotNull ? ['not null'] : []),
    ...type.constraints.map((constraint) => `constraint ${quoteName(constraint.name)} ${constraint.definition}`),
  ].join(' ');
}

function repairValues(before: EnumType, after: EnumType): readonly (Repair | Unrepairable)[] {
  const alter = `alter type ${relationSql(after)}`;
  const isKept = before.values.every((value) => after.values.includes(value));
  if (!isKept && before.values.length === after.values.length)
    return before.values.flatMap((value, place) => {
      const now = after.values[place] ?? value;
      return now === value
        ? []
        : [{ stage: 'rename', sql: `${alter} rename value ${quoteLiteral(value)} to ${quoteLiteral(now)}` } as const];
    });
  const common = after.values.filter((value) => before.values.includes(value));
  const isOrdered = common.every((value, place) => before.values[place] === value);
  if (!isKept || !isOrdered)
    return [{ note: 'an enum cannot lose values or change their order; make a new type and move the columns to it' }];
  return after.values.flatMap((value, place) => {
    if (before.values.includes(value)) return [];
    const previous = after.values[place - 1];
    const where =
      previous === undefined ? `before ${quoteLiteral(before.values[0] ?? '')}` : `after ${quoteLiteral(previous)}`;
    const isFirst = previous === undefined && before.values.length === 0;
    return [
      { stage: 'prepare', sql: `${alter} add value ${quoteLiteral(value)}${isFirst ? '' : ` ${where}`}` } as const,
    ];
  });
}

function repairDomain(property: string, after: DomainType): readonly (Repair | Unrepairable)[] {
  const one = (action: string): readonly Repair[] => [
    { stage: 'alter', sql: `alter domain ${relationSql(after)} ${action}` },
  ];
  if (property === 'not null') return one(after.isNotNull ? 'set not null' : 'drop not null');
  if (property === 'default') return one(after.default === null ? 'drop default' : `set default ${after.default}`);
  return [{ note: 'the domain has to be made anew, and the columns that have it moved to it' }];
}

export function repairDomainConstraint(
  change: ChangeOf<'domain constraint'>,
  domain: TypeDefinition,
): readonly Repair[] {
  const { before, after } = change.objects;
  const alter = `alter domain ${relationSql(domain)}`;
  const drop = `${alter} drop constraint ${quoteName(before?.name ?? '')}`;
  const add = ({ name, definition, isValidated }: DomainConstraint): Repair => ({
    stage: 'key',
    sql: `${alter} add constraint ${quoteName(name)} ${definition}${isValidated ? '' : ' not valid'}`,
  });
  if (after === null) return [{ stage: 'leftover', sql: drop, isDestructive: true }];
  if (change.change === 'changed' && change.property === 'validated' && after.isValidated)
    return [{ stage: 'key', sql: `${alter} validate constraint ${quoteName(after.name)}` }];
  return [...(before ? [{ stage: 'drop', sql: drop } as const] : []), add(after)];
}

export function repairAttribute(change: ChangeOf<'attribute'>, type: TypeDefinition): readonly Repair[] {
  const { before, after } = change.objects;
  const alter = `alter type ${relationSql(type)}`;
  if (after === null)
    return [
      { stage: 'leftover', sql: `${alter} drop attribute ${quoteName(before?.name ?? '')}`, isDestructive: true },
    ];
  const what = before === null ? 'add attribute' : 'alter attribute';
  const how = before === null ? '' : 'type ';
  return [
    {
      stage: 'create',
      sql: `${alter} ${what} ${quoteName(after.name)} ${how}${describeAttribute(after)}`,
      makes: makesOf(type),
    },
  ];
}
