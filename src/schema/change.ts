import type { Grant } from './grant.ts';
import type {
  Column,
  Constraint,
  DefaultPrivileges,
  Extension,
  Index,
  Namespace,
  Policy,
  Routine,
  Rule,
  Sequence,
  Statistics,
  Table,
  Trigger,
  View,
} from './schema.ts';
import type { Attribute, DomainConstraint, TypeDefinition } from './type-definition.ts';

/**
 * What a change means to a client that was written for the schema before: nothing; something that it could see (a query may become ambiguous,
 * a value may be new); or statements that worked may fail or mean something else.
 */
export type Impact = 'none' | 'visible' | 'breaks';

/** Contract hazards, as Onward's rules number them. */
export type Hazard =
  | 'C1'
  | 'C2'
  | 'C3'
  | 'C4'
  | 'C5'
  | 'C6'
  | 'C7'
  | 'C8'
  | 'C9'
  | 'C10'
  | 'C11'
  | 'C12'
  | 'C13'
  | 'C14';

export interface Verdict {
  readonly impact: Impact;
  readonly hazard: Hazard | null;
  /** In words, for one line. */
  readonly reason: string;
}

/** The kinds of things that change, and what each looks like. */
export interface ChangingObjects {
  readonly extension: Extension;
  readonly schema: Namespace;
  readonly table: Table;
  readonly column: Column;
  readonly constraint: Constraint;
  readonly index: Index;
  readonly trigger: Trigger;
  readonly policy: Policy;
  readonly rule: Rule;
  readonly view: View;
  readonly sequence: Sequence;
  readonly type: TypeDefinition;
  readonly 'domain constraint': DomainConstraint;
  readonly attribute: Attribute;
  readonly routine: Routine;
  readonly statistics: Statistics;
  /** What one role may do with one object or column. */
  readonly privileges: GrantOn;
  readonly 'default privileges': DefaultPrivileges;
}

export type ChangingKind = keyof ChangingObjects;

export interface GrantOn extends Grant {
  readonly on: 'table' | 'column' | 'sequence' | 'schema' | 'type' | 'routine';
}

/** What others are parts of. */
export type Owner = Table | View | TypeDefinition;

/** What changes, before it is said how. */
export interface Subject<Kind extends ChangingKind> {
  readonly kind: Kind;
  /** Qualified: `public.orders`, `public.orders.total`, `public.add(integer)`. A rename goes by the name of before. */
  readonly name: string;
  /** The table, view, type or other object that it is a part of. */
  readonly of: string | null;
  readonly objects: {
    readonly before: ChangingObjects[Kind] | null;
    readonly after: ChangingObjects[Kind] | null;
    /** What it is a part of, as that is in the schema after. */
    readonly owner: Owner | null;
    /** Views that stand on it, and have to step aside when it is made anew. */
    readonly dependents: readonly View[];
  };
}

export type Difference =
  | { readonly change: 'added'; readonly after: string }
  | { readonly change: 'removed'; readonly before: string }
  | { readonly change: 'changed'; readonly property: string; readonly before: string; readonly after: string };

/** One difference between two schemas. A rename is a change of the property `name`. */
export type SchemaChange = { [Kind in ChangingKind]: Subject<Kind> & Difference & Verdict }[ChangingKind];

export function none(reason: string): Verdict {
  return { impact: 'none', hazard: null, reason };
}

export function visible(hazard: Hazard | null, reason: string): Verdict {
  return { impact: 'visible', hazard, reason };
}

export function breaks(hazard: Hazard, reason: string): Verdict {
  return { impact: 'breaks', hazard, reason };
}

export function change<Kind extends ChangingKind>(
  subject: Subject<Kind>,
  difference: Difference,
  verdict: Verdict,
): SchemaChange {
  // The compiler cannot see that a union over kinds takes what holds for each of them.
  return { ...subject, ...difference, ...verdict } as unknown as SchemaChange;
}
