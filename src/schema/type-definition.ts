import type { Grant } from './grant.ts';

interface TypeBase {
  readonly schema: string;
  readonly name: string;
  readonly grants: readonly Grant[];
}

export interface EnumType extends TypeBase {
  readonly kind: 'enum';
  /** In their sort order. */
  readonly values: readonly string[];
}

export interface DomainType extends TypeBase {
  readonly kind: 'domain';
  readonly baseType: string;
  readonly isNotNull: boolean;
  readonly default: string | null;
  readonly collation: string | null;
  readonly constraints: readonly DomainConstraint[];
}

export interface DomainConstraint {
  readonly name: string;
  readonly definition: string;
  readonly isValidated: boolean;
}

export interface CompositeType extends TypeBase {
  readonly kind: 'composite';
  readonly attributes: readonly Attribute[];
}

export interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly typeName: string;
  readonly collation: string | null;
}

export interface RangeType extends TypeBase {
  readonly kind: 'range';
  readonly subtype: string;
  /** What CREATE TYPE … AS RANGE says, in its order. */
  readonly parameters: readonly string[];
}

/** A base or shell type, written in C. */
export interface BaseType extends TypeBase {
  readonly kind: 'base';
}

export type TypeDefinition = EnumType | DomainType | CompositeType | RangeType | BaseType;
