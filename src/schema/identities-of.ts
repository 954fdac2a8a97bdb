import type { CatalogIndex } from './catalog-index.ts';
import { type IdentityKind, identityKey } from './identity.ts';
import type { Catalog } from './load-catalog.ts';
import { qualifiedName, readableName } from './qualified-name.ts';

/** What stays of an object when it is renamed. What belongs to a table is called `<table>.<name>`. */
export function identitiesOf(catalog: Catalog, index: CatalogIndex): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (kind: IdentityKind, name: string, identity: string) => void found.set(identityKey(kind, name), identity);
  const addPart = (kind: IdentityKind, row: { readonly relation: string; readonly name: string }, identity: string) =>
    add(kind, `${index.relationName(row.relation)}.${readableName(row.name)}`, identity);
  for (const { oid, name } of catalog.namespaces) add('schema', name, oid);
  for (const { oid, schema, name } of catalog.relations) add('relation', qualifiedName(schema, name), oid);
  for (const { oid, schema, name } of catalog.sequences) add('relation', qualifiedName(schema, name), oid);
  for (const { oid, schema, name } of catalog.types) add('type', qualifiedName(schema, name), oid);
  for (const { oid, schema, name, input_types } of catalog.routines)
    add('routine', `${qualifiedName(schema, name)}(${input_types})`, oid);
  for (const row of catalog.columns) addPart('column', row, `${row.relation}.${row.number}`);
  for (const row of catalog.constraints) if (row.relation !== '0') addPart('constraint', row, row.oid);
  for (const row of catalog.indexes) addPart('index', row, row.oid);
  for (const row of catalog.triggers) addPart('trigger', row, row.oid);
  for (const row of catalog.policies) addPart('policy', row, row.oid);
  return found;
}
