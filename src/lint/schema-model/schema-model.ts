import type { RelationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';

/**
 * What the files before a statement have made, as far as their text tells. A table that is not in it may exist: a folder rarely starts from
 * nothing. Names are as Postgres stores them.
 */
export interface SchemaModel {
  /** `undefined`: not made by any statement that was seen. An unqualified name is looked up in `public` and then in any schema. */
  findTable(name: RelationName): ModelTable | undefined;
  findIndex(name: RelationName): ModelIndex | undefined;
  findType(name: RelationName): ModelType | undefined;
  findFunction(name: RelationName): readonly ModelFunction[];
  /** What was made of the kinds that have no shape here, as the statement that made it last. */
  findObject(kind: ObjectKind, name: ObjectName): ModelObject | undefined;
  /** Whether what was born in a group is new: made by the same file, or by another file of the same release. */
  isNew(born: string): boolean;
  /** True when the tables of a baseline or of earlier files are all there is, so that an unknown name does not exist. */
  readonly isComplete: boolean;
  tables(): Iterable<ModelTable>;
  /** Those of them that are partitions or inheritors of another one. */
  heirs(): Iterable<ModelTable>;
}

export type ObjectKind = 'sequence' | 'schema' | 'extension' | 'policy' | 'trigger' | 'rule' | 'view' | 'function';

/** A policy, a trigger and a rule belong to a table. */
export interface ObjectName extends RelationName {
  readonly table?: RelationName;
}

export interface ModelObject {
  readonly node: SqlNode;
  readonly isNew: boolean;
}

export interface ModelTable {
  /** `schema.name`, unquoted. */
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned' | 'view' | 'materialised view' | 'foreign table';
  /** Made by the same file, or by another file of the same release: nobody uses it yet. */
  readonly isNew: boolean;
  readonly columns: ReadonlyMap<string, ModelColumn>;
  /** By name; unnamed ones have the name that Postgres chooses. */
  readonly constraints: ReadonlyMap<string, ModelConstraint>;
  /** Constraints that were dropped, as they were; `born` is the group of files that dropped them. */
  readonly droppedConstraints: ReadonlyMap<string, ModelConstraint>;
  readonly indexes: ReadonlyMap<string, ModelIndex>;
  /** Ids of the tables that this one is a partition or an inheritor of. */
  readonly parents: readonly string[];
  readonly isPartition: boolean;
  /** The partition that takes what fits nowhere else. */
  readonly isDefaultPartition?: boolean;
  /** Of a partitioned table: the columns of its key; an empty string for an expression. */
  readonly partitionKey?: readonly string[];
  readonly isUnlogged?: boolean;
  readonly triggers: ReadonlySet<string>;
  readonly hasRowSecurity: boolean;
  /** False when a statement that could not be read may have changed it. */
  readonly isCertain: boolean;
}

export interface ModelColumn {
  readonly name: string;
  /** As `format_type` writes it, such as `character varying(20)`; a user's type with its schema unless that is `public`. */
  readonly type: string;
  readonly isNotNull: boolean;
  /** The default's expression, as the parser gives it. */
  readonly defaultValue?: SqlNode;
  readonly generated?: 'stored' | 'virtual' | 'identity';
  readonly collation?: string;
  /** The group of files that made it; `SchemaModel.isNew` tells whether that is still being read. */
  readonly born: string;
}

export interface ModelConstraint {
  readonly name: string;
  readonly kind: 'check' | 'not null' | 'primary key' | 'unique' | 'foreign key' | 'exclude';
  readonly columns: readonly string[];
  readonly isValid: boolean;
  /** Of a check: columns that it proves to be not null (`CHECK (x IS NOT NULL)`, alone or joined by AND). */
  readonly provesNotNull: readonly string[];
  /** Of a check. */
  readonly expression?: SqlNode;
  /** Of a foreign key: the id of the table that it points at. */
  readonly references?: string;
  readonly referencedColumns?: readonly string[];
  /** As a column's. */
  readonly born: string;
}

export interface ModelIndex {
  readonly name: string;
  readonly table: string;
  readonly isUnique: boolean;
  /** Empty string for an expression. */
  readonly columns: readonly string[];
  readonly isPartial: boolean;
  /** A btree of whole columns in their usual order, with nothing else. */
  readonly isPlain: boolean;
  /** Columns that its expressions and its condition name. */
  readonly expressionColumns?: readonly string[];
  readonly isNew: boolean;
  /** The constraint that it belongs to. */
  readonly constraint?: string;
}

export interface ModelType {
  readonly id: string;
  readonly kind: 'enum' | 'domain' | 'composite' | 'range' | 'other';
  readonly isNew: boolean;
  readonly values?: readonly string[];
  /** Of a domain. */
  readonly baseType?: string;
  readonly isConstrained?: boolean;
  /** Names of a domain's checks; `not null` where it forbids nulls. */
  readonly constraints?: readonly string[];
}

export interface ModelFunction {
  readonly id: string;
  readonly argumentTypes: readonly string[];
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly language: string;
  /** The text of the body, where it is text. */
  readonly body?: string;
  readonly isNew: boolean;
}
