import type { Owner } from '../change.ts';
import { compareIdentities, type IdentityKind, type SameObject } from '../identity.ts';
import { qualifiedName, readableName } from '../qualified-name.ts';
import type { Schema } from '../schema.ts';

/** What is being compared, for every function that compares a part of it. */
export interface Comparison {
  readonly before: Schema;
  readonly after: Schema;
  readonly isSame: SameObject;
}

export function createComparison(before: Schema, after: Schema): Comparison {
  return { before, after, isSame: compareIdentities(before, after) };
}

/** A table or a view that was there before and still is, perhaps under another name. */
export interface RelationPair<T extends Owner> {
  readonly before: T;
  readonly after: T;
  readonly nameBefore: string;
  readonly of: { readonly name: string; readonly owner: Owner };
  isSamePart(kind: IdentityKind, before: string, after: string): boolean;
}

export function pairRelations<T extends Owner>(comparison: Comparison, before: T, after: T): RelationPair<T> {
  const nameBefore = qualifiedName(before.schema, before.name);
  const name = qualifiedName(after.schema, after.name);
  return {
    before,
    after,
    nameBefore,
    of: { name, owner: after },
    isSamePart: (kind, one, other) =>
      comparison.isSame(kind, `${nameBefore}.${readableName(one)}`, `${name}.${readableName(other)}`),
  };
}
