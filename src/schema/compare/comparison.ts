import type { GrantOn, Owner } from '../change.ts';
import { compareIdentities, type IdentityKind, ownerOf, type SameObject } from '../identity.ts';
import { parseParts, qualifiedName, readableName } from '../qualified-name.ts';
import type { Schema, View } from '../schema.ts';
import { findDependents } from './dependents.ts';
import { withNewNames } from './new-names.ts';

/** What is being compared, for every function that compares a part of it. */
export interface Comparison {
  readonly before: Schema;
  readonly after: Schema;
  readonly isSame: SameObject;
  /** Views, as they are after, that stood on a relation or column before, directly or through another view. */
  dependents(name: string): readonly View[];
  /** Whether an object has another name only because its schema has. */
  isCarried(before: string, after: string): boolean;
  /** Whether the role owns the object now or did before: what was granted to it says nothing then. */
  isOwner(on: GrantOn['on'], name: string, role: string): boolean;
}

export function createComparison(before: Schema, after: Schema): Comparison {
  const isSame = compareIdentities(before, after);
  return {
    before: withNewNames(before, after, isSame),
    after,
    isSame,
    dependents: findDependents(before, after),
    isCarried: (nameBefore, nameAfter) => {
      const [from = '', ...restBefore] = parseParts(nameBefore);
      const [to = '', ...restAfter] = parseParts(nameAfter);
      return from !== to && isSame('schema', from, to) && restBefore.join('.') === restAfter.join('.');
    },
    isOwner: (on, name, role) =>
      [before, after].some((schema) => ownerOf(schema, KINDS[on], relationOf(on, name)) === role),
  };
}

const KINDS: { readonly [on in GrantOn['on']]: IdentityKind } = {
  table: 'relation',
  column: 'relation',
  sequence: 'relation',
  schema: 'schema',
  type: 'type',
  routine: 'routine',
};

/** What a privilege is listed under: for a column, its table. */
export function relationOf(on: GrantOn['on'], name: string): string {
  if (on !== 'column') return name;
  const [schema = '', table = ''] = parseParts(name);
  return qualifiedName(schema, table);
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
