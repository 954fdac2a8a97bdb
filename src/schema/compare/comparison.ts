import { compareIdentities, type SameObject } from '../identity.ts';
import { qualifiedName } from '../qualified-name.ts';
import type { Schema } from '../schema.ts';

/** What is being compared, for every function that compares a part of it. */
export interface Comparison {
  readonly before: Schema;
  readonly after: Schema;
  readonly isSame: SameObject;
  ofRelation(
    before: { readonly schema: string; readonly name: string },
    after: { readonly schema: string; readonly name: string },
  ): { readonly nameBefore: string; readonly nameAfter: string };
}

export function createComparison(before: Schema, after: Schema): Comparison {
  return {
    before,
    after,
    isSame: compareIdentities(before, after),
    ofRelation: (one, other) => ({
      nameBefore: qualifiedName(one.schema, one.name),
      nameAfter: qualifiedName(other.schema, other.name),
    }),
  };
}
