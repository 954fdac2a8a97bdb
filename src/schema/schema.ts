import type { Grant } from './grant.ts';
import type { TypeDefinition } from './type-definition.ts';

/**
 * What a database looks like. Names are raw; keys and every `…Name` field are qualified and quoted where they must be (`public."Order"`).
 * Lists are sorted by name unless their order means something. Owners, object ids, comments and tablespaces are not in it.
 */
export interface Schema {
  readonly extensions: Named<Extension>;
  readonly schemas: Named<Namespace>;
  /** Ordinary, partitioned and foreign tables, partitions included. */
  readonly tables: Named<Table>;
  /** Views and materialised views. */
  readonly views: Named<View>;
  readonly sequences: Named<Sequence>;
  readonly types: Named<TypeDefinition>;
  /** By name and input types: `public.add(integer, integer)`. */
  readonly routines: Named<Routine>;
  readonly statistics: Named<Statistics>;
  readonly defaultPrivileges: Named<DefaultPrivileges>;
}

export interface Named<T> {
  readonly [qualifiedName: string]: T;
}

export interface Extension {
  readonly name: string;
  readonly version: string;
  readonly schema: string;
}

export interface Namespace {
  readonly name: string;
  readonly grants: readonly Grant[];
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'ordinary' | 'partitioned' | 'foreign';
  /** In their real order. */
  readonly columns: readonly Column[];
  /** Without those that come from a parent table, and without NOT NULL, which is said by the column. */
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  readonly triggers: readonly Trigger[];
  readonly policies: readonly Policy[];
  readonly rules: readonly Rule[];
  readonly isUnlogged: boolean;
  /** Such as `RANGE (at)`; null when the table is not partitioned. */
  readonly partitionKey: string | null;
  readonly partitionOf: string | null;
  /** Such as `FOR VALUES FROM (1) TO (9)` or `DEFAULT`. */
  readonly partitionBound: string | null;
  /** In the order of inheriting; without the table that it is a partition of. */
  readonly inherits: readonly string[];
  readonly hasRowSecurity: boolean;
  readonly forcesRowSecurity: boolean;
  /** `default`, `nothing`, `full`, or `index <name>`. */
  readonly replicaIdentity: string;
  /** Storage parameters such as `fillfactor=70`; those of the toast table begin with `toast.`. */
  readonly options: readonly string[];
  readonly accessMethod: string | null;
  readonly grants: readonly Grant[];
}

export interface Column {
  readonly name: string;
  /** With its modifier, as `format_type` says it: `character varying(20)`. */
  readonly type: string;
  /** The type's own name without the modifier: `pg_catalog.varchar`. */
  readonly typeName: string;
  /** What clients see on the wire: the same, but for a domain the type below it. */
  readonly wireType: string;
  readonly isNotNull: boolean;
  /** False for a NOT NULL that was added without looking at the rows (Postgres 18). */
  readonly isNotNullValidated: boolean;
  readonly default: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** What the identity's sequence has that is not usual, such as `start 5 increment 2`. */
  readonly identityOptions: string | null;
  readonly generated: { readonly kind: 'stored' | 'virtual'; readonly expression: string } | null;
  /** Only when it is not the type's own. */
  readonly collation: string | null;
  /** Only when it is not the type's own. */
  readonly storage: 'plain' | 'external' | 'main' | 'extended' | null;
  readonly compression: 'pglz' | 'lz4' | null;
  readonly grants: readonly Grant[];
}

export type ConstraintKind = 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion';

export interface Constraint {
  readonly name: string;
  readonly kind: ConstraintKind;
  /** For a check, the columns that it reads. */
  readonly columns: readonly string[];
  /** Without what the next four fields say. */
  readonly definition: string;
  readonly isValidated: boolean;
  readonly isEnforced: boolean;
  readonly isDeferrable: boolean;
  readonly isDeferred: boolean;
  readonly references: ForeignKey | null;
}

export interface ForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
}

export type ForeignKeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface Index {
  readonly name: string;
  readonly method: string;
  /** From the method on: `btree (a, lower(b)) WHERE c`. Equal for equal indexes whatever their names. */
  readonly definition: string;
  readonly isUnique: boolean;
  readonly isValid: boolean;
  readonly hasNullsNotDistinct: boolean;
  /** Key columns in order; null stands for an expression. */
  readonly columns: readonly (string | null)[];
  readonly included: readonly string[];
  readonly expressions: string | null;
  readonly predicate: string | null;
  /** The constraint that owns it. */
  readonly constraint: string | null;
  /** The index of the partitioned table that it is a part of. */
  readonly partOf: string | null;
}

export interface Trigger {
  readonly name: string;
  readonly definition: string;
  readonly enabled: Enabled;
}

export interface Rule {
  readonly name: string;
  readonly definition: string;
  readonly enabled: Enabled;
}

export type Enabled = 'origin' | 'disabled' | 'replica' | 'always';

export interface Policy {
  readonly name: string;
  readonly isPermissive: boolean;
  readonly command: 'all' | 'select' | 'insert' | 'update' | 'delete';
  /** Sorted; `PUBLIC` for everyone. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly withCheck: string | null;
}

export interface View {
  readonly schema: string;
  readonly name: string;
  readonly isMaterialized: boolean;
  readonly columns: readonly Column[];
  readonly definition: string;
  /** Relations and columns that it stands on, such as `public.orders.total`. */
  readonly reads: readonly string[];
  readonly options: readonly string[];
  readonly indexes: readonly Index[];
  readonly triggers: readonly Trigger[];
  readonly rules: readonly Rule[];
  readonly isPopulated: boolean;
  readonly grants: readonly Grant[];
}

export interface Sequence {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly start: string;
  readonly increment: string;
  readonly minimum: string;
  readonly maximum: string;
  readonly cache: string;
  readonly isCycled: boolean;
  readonly isUnlogged: boolean;
  /** The column that it goes away with: `public.orders.id`. */
  readonly ownedBy: { readonly table: string; readonly column: string } | null;
  /** Made by an identity column. */
  readonly isIdentity: boolean;
  readonly grants: readonly Grant[];
}

export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'function' | 'procedure' | 'aggregate' | 'window';
  /** Types of the input arguments, which with the name are the routine's identity. */
  readonly inputTypes: string;
  /** With modes, names, types and defaults. */
  readonly arguments: string;
  /** With modes, names and types. */
  readonly identityArguments: string;
  /** Names of all arguments in order; empty text for one without a name. */
  readonly argumentNames: readonly string[];
  readonly defaultsCount: number;
  /** Null for a procedure. */
  readonly result: string | null;
  readonly language: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly isStrict: boolean;
  readonly isSecurityDefiner: boolean;
  readonly isLeakproof: boolean;
  readonly parallel: 'safe' | 'restricted' | 'unsafe';
  /** Settings such as `search_path=public`. */
  readonly settings: readonly string[];
  /** The source; for an aggregate what CREATE AGGREGATE says, a parameter a line. */
  readonly body: string;
  /** SHA-256 of the body. */
  readonly bodyHash: string;
  /** The whole CREATE statement as the server writes it; null for an aggregate. */
  readonly definition: string | null;
  readonly grants: readonly Grant[];
}

export interface Statistics {
  readonly schema: string;
  readonly name: string;
  readonly table: string;
  readonly definition: string;
}

/** What `role` gives away on the objects that it makes. */
export interface DefaultPrivileges {
  readonly role: string;
  /** Null: in every schema. */
  readonly schema: string | null;
  readonly objects: 'tables' | 'sequences' | 'functions' | 'types' | 'schemas' | 'large objects';
  readonly grants: readonly Grant[];
}
