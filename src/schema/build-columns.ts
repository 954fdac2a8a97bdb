import type { ColumnRow } from './catalog/columns.ts';
import type { Oid } from './catalog/part.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { qualifiedName } from './qualified-name.ts';
import type { Column } from './schema.ts';

export function buildColumns(relation: Oid, index: CatalogIndex): readonly Column[] {
  return index.columns(relation).map((row) => buildColumn(row, index));
}

function buildColumn(row: ColumnRow, index: CatalogIndex): Column {
  const { text, name, wire } = index.columnType(row.type, row.modifier);
  const typeName = qualifiedName(...name);
  const expression = row.expression ?? '';
  return {
    name: row.name,
    type: text,
    typeName,
    wireType: wire ? qualifiedName(...wire) : typeName,
    isNotNull: row.is_not_null,
    isNotNullValidated: row.is_validated,
    default: row.generated === '' ? row.expression : null,
    identity: row.identity === '' ? null : row.identity === 'a' ? 'always' : 'by default',
    identityOptions: row.identity === '' ? null : index.identityOptions(row.relation, row.name),
    generated: row.generated === '' ? null : { kind: row.generated === 's' ? 'stored' : 'virtual', expression },
    collation: row.collation && qualifiedName(...row.collation),
    storage: row.storage === null ? null : STORAGE[row.storage],
    compression: row.compression === null ? null : row.compression === 'p' ? 'pglz' : 'lz4',
    grants: index.grantsOf('relation', row.relation, row.number),
  };
}

const STORAGE = { p: 'plain', e: 'external', m: 'main', x: 'extended' } as const;
