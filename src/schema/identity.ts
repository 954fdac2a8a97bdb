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

/** What is known of the objects of a schema beside what they look like. */
export interface Identities {
  /** Equal only for the same database of the same running server. */
  readonly database: string;
  /** `kind name` to a number that stays when the object is renamed. */
  readonly of: ReadonlyMap<string, string>;
  /** `kind name` to the role that owns it, and so may do everything with it whatever was granted. */
  readonly owners: ReadonlyMap<string, string>;
}

/** Beside the schemas, so that schemas which say the same are equal. A schema that was read back from a file has none. */
const known = new WeakMap<Schema, () => Identities>();

/** They are put together when they are first asked for. */
export function rememberIdentities(schema: Schema, identities: () => Identities): void {
  let found: Identities | undefined;
  known.set(schema, () => {
    found ??= identities();
    return found;
  });
}

export function identityKey(kind: IdentityKind, name: string): string {
  return `${kind} ${name}`;
}

/** Says whether two names certainly stand for the same object. */
export type SameObject = (kind: IdentityKind, before: string, after: string) => boolean;

/** Certain only when both were loaded from the same database without a restart in between; else everything is another object. */
export function compareIdentities(before: Schema, after: Schema): SameObject {
  const [one, other] = [known.get(before)?.(), known.get(after)?.()];
  if (!one || !other || one.database !== other.database) return () => false;
  return (kind, nameBefore, nameAfter) => {
    const identity = one.of.get(identityKey(kind, nameBefore));
    return identity !== undefined && identity === other.of.get(identityKey(kind, nameAfter));
  };
}

/** Who owns an object, where that is known. */
export function ownerOf(schema: Schema, kind: IdentityKind, name: string): string | undefined {
  return known.get(schema)?.().owners.get(identityKey(kind, name));
}
