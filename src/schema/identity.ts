import type { Schema } from './schema.ts';

export type IdentityKind =
  | 'schema'
  | 'relation'
  | 'column'
  | 'constraint'
  | 'index'
  | 'trigger'
  | 'policy'
  | 'type'
  | 'routine';

/** Which object of the server a name stands for: `kind name` to a number that stays when the object is renamed. */
export interface Identities {
  /** Equal only for the same database of the same running server. */
  readonly database: string;
  readonly of: ReadonlyMap<string, string>;
}

/** Beside the schemas, so that schemas which say the same are equal. A schema that was read back from a file has none. */
const known = new WeakMap<Schema, Identities>();

export function rememberIdentities(schema: Schema, identities: Identities): void {
  known.set(schema, identities);
}

export function identityKey(kind: IdentityKind, name: string): string {
  return `${kind} ${name}`;
}

/** Says whether two names stand for the same object; `undefined` when that cannot be known. */
export type SameObject = (kind: IdentityKind, before: string, after: string) => boolean;

/** Certain only when both were loaded from the same database without a restart in between; else everything is another object. */
export function compareIdentities(before: Schema, after: Schema): SameObject {
  const [one, other] = [known.get(before), known.get(after)];
  if (!one || !other || one.database !== other.database) return () => false;
  return (kind, nameBefore, nameAfter) => {
    const identity = one.of.get(identityKey(kind, nameBefore));
    return identity !== undefined && identity === other.of.get(identityKey(kind, nameAfter));
  };
}
