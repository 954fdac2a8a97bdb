import type { Grant } from './grant.ts';
import { readableName } from './qualified-name.ts';
import type { Column, Constraint, Index, Policy, Routine, Sequence, Table, View } from './schema.ts';
import type { Attribute, TypeDefinition } from './type-definition.ts';

/** One line that says what an object is, close to how SQL would. */
export function describeColumn(column: Column): string {
  return [
    column.type,
    column.collation === null ? '' : `collate ${column.collation}`,
    column.isNotNull ? 'not null' : '',
    column.default === null ? '' : `default ${column.default}`,
    column.identity === null ? '' : `generated ${column.identity} as identity`,
    column.generated === null ? '' : `generated always as (${column.generated.expression}) ${column.generated.kind}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export function describeConstraint(constraint: Constraint): string {
  return [
    constraint.definition,
    constraint.isDeferrable ? 'DEFERRABLE' : '',
    constraint.isDeferred ? 'INITIALLY DEFERRED' : '',
    constraint.isEnforced ? (constraint.isValidated ? '' : 'NOT VALID') : 'NOT ENFORCED',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export function describeIndex(index: Index): string {
  return `${index.isUnique ? 'unique ' : ''}${index.definition}${index.isValid ? '' : ' (invalid)'}`;
}

export function describeTable(table: Table): string {
  const columns = table.columns.map((column) => `${readableName(column.name)} ${describeColumn(column)}`);
  return `${table.kind === 'ordinary' ? '' : `${table.kind} `}table (${columns.join(', ')})`;
}

export function describeView(view: View): string {
  return `${view.isMaterialized ? 'materialized view' : 'view'} (${view.columns
    .map((column) => `${readableName(column.name)} ${column.type}`)
    .join(', ')})`;
}

export function describeType(type: TypeDefinition): string {
  switch (type.kind) {
    case 'enum':
      return `enum (${describeValues(type.values)})`;
    case 'domain':
      return `domain over ${type.baseType}`;
    case 'composite':
      return `composite (${type.attributes.map((attribute) => `${readableName(attribute.name)} ${describeAttribute(attribute)}`).join(', ')})`;
    case 'range':
      return `range over ${type.subtype}`;
    case 'base':
      return 'base type';
  }
}

export function describeAttribute(attribute: Attribute): string {
  return `${attribute.type}${attribute.collation === null ? '' : ` collate ${attribute.collation}`}`;
}

export function describeValues(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ');
}

export function describeRoutine(routine: Routine): string {
  return `${routine.kind} (${routine.arguments})${routine.result === null ? '' : ` returns ${routine.result}`} language ${routine.language}`;
}

export function describeSequence(sequence: Sequence): string {
  return `${sequence.type} start ${sequence.start} increment ${sequence.increment} from ${sequence.minimum} to ${sequence.maximum}`;
}

export function describePolicy(policy: Policy): string {
  return [
    `${policy.isPermissive ? 'permissive' : 'restrictive'} for ${policy.command} to ${policy.roles.join(', ')}`,
    policy.using === null ? '' : `using (${policy.using})`,
    policy.withCheck === null ? '' : `with check (${policy.withCheck})`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export function describeGrant(grant: Grant): string {
  const privileges = grant.privileges.map((privilege) =>
    grant.grantable.includes(privilege) ? `${privilege} with grant option` : privilege,
  );
  return `${privileges.join(', ')} to ${grant.grantee}`;
}
