/** An object's number, as JSON has it: text. */
export type Oid = string;

/** Where a catalog query runs. */
export interface CatalogContext {
  readonly serverVersion: number;
}

/**
 * A query over the catalog, written for an empty search_path, that may use these names:
 * `ns` (oid, nspname) are the schemas that are looked at, `member` (classid, objid) is what belongs to an extension,
 * `rel` is every relation of `ns` that is no member, with the columns of pg_class and `nspname`.
 * What the server writes out (`pg_get_…`) is null when the object was dropped a moment ago; texts that are always there are made empty then.
 */
export type CatalogQuery = (context: CatalogContext) => string;

const POSTGRES_18 = 180_000;
const POSTGRES_15 = 150_000;

/** Picks the text that the server understands. */
export function since15(context: CatalogContext, text: string, before: string): string {
  return context.serverVersion >= POSTGRES_15 ? text : before;
}

export function since18(context: CatalogContext, text: string, before: string): string {
  return context.serverVersion >= POSTGRES_18 ? text : before;
}
