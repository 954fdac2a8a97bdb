import type { CatalogIndex } from './catalog-index.ts';
import { type Identities, type IdentityKind, identityKey } from './identity.ts';
import type { Catalog } from './load-catalog.ts';
import { qualifiedName, readableName } from './qualified-name.ts';

/** What stays of an object when it is renamed, and who owns it. What belongs to a table is called `<table>.<name>`. */
export function identitiesOf(catalog: Catalog, index: CatalogIndex): Identities {
  const of = new Map<string, string>();
  const owners = new Map<string, string>();
  const add = (kind: IdentityKind, name: string, row: { readonly oid: string; readonly owner: string }) => {
    of.set(identityKey(kind, name), row.oid);
    owners.set(identityKey(kind, name), row.owner);
  };
  const addPart = (kind: IdentityKind, row: { readonly relation: string; readonly name: string }, identity: string) =>
    void of.set(identityKey(kind, `${index.relationName(row.relation)}.${readableName(row.name)}`), identity);
  for (const row of catalog.namespaces) add('schema', row.name, row);
  for (const row of catalog.relations) add('relation', qualifiedName(row.schema, row.name), row);
  for (const row of catalog.sequences) add('relation', qualifiedName(row.schema, row.name), row);
  for (const row of catalog.types) add('type', qualifiedName(row.schema, row.name), row);
  for (const row of catalog.routines) add('routine', `${qualifiedName(row.schema, row.name)}(${row.input_types})`, row);
  for (const row of catalog.columns) addPart('column', row, `${row.relation}.${row.number}`);
  for (const row of catalog.constraints) if (row.relation !== '0') addPart('constraint', row, row.oid);
  for (const row of catalog.indexes) addPart('index', row, row.oid);
  for (const row of catalog.triggers) addPart('trigger', row, row.oid);
  for (const row of catalog.policies) addPart('policy', row, row.oid);
  return { database: catalog.database, of, owners };
}
