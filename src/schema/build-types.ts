import { buildColumns } from './build-columns.ts';
import { bareDefinition } from './build-constraints.ts';
import type { TypeRow } from './catalog/types.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { EVERYONE } from './default-grants.ts';
import type { Catalog } from './load-catalog.ts';
import { qualifiedName } from './qualified-name.ts';
import type { Named } from './schema.ts';
import type { TypeDefinition } from './type-definition.ts';

export function buildTypes(catalog: Catalog, index: CatalogIndex): Named<TypeDefinition> {
  return Object.fromEntries(catalog.types.map((row) => [qualifiedName(row.schema, row.name), buildType(row, index)]));
}

function buildType(row: TypeRow, index: CatalogIndex): TypeDefinition {
  const grants = row.has_acl ? index.grantsOf('type', row.oid) : [EVERYONE.type];
  const base = { schema: row.schema, name: row.name, grants };
  switch (row.kind) {
    case 'e':
      return { ...base, kind: 'enum', values: (row.labels ?? []).map(({ label }) => label) };
    case 'd':
      return {
        ...base,
        kind: 'domain',
        baseType: row.base ?? '',
        isNotNull: row.is_not_null,
        default: row.default,
        collation: row.collation && qualifiedName(...row.collation),
        constraints: index.domainConstraints(row.oid).map((constraint) => ({
          name: constraint.name,
          definition: bareDefinition(constraint),
          isValidated: constraint.is_validated,
        })),
      };
    case 'c':
      return {
        ...base,
        kind: 'composite',
        attributes: buildColumns(row.relation, index).map(({ name, type, typeName, collation }) => ({
          name,
          type,
          typeName,
          collation,
        })),
      };
    case 'r':
      return { ...base, kind: 'range', subtype: row.subtype ?? '', parameters: row.range_parameters ?? [] };
    case 'b':
      return { ...base, kind: 'base' };
  }
}
