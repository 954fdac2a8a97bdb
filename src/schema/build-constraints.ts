import type { ActionCode, ConstraintRow, IndexRow } from './catalog/constraints.ts';
import type { Oid } from './catalog/part.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { qualifiedName } from './qualified-name.ts';
import type { Constraint, ConstraintKind, ForeignKey, ForeignKeyAction, Index } from './schema.ts';

const KINDS: { readonly [code in ConstraintRow['kind']]: ConstraintKind } = {
  p: 'primary key',
  u: 'unique',
  f: 'foreign key',
  c: 'check',
  x: 'exclusion',
};

const ACTIONS: { readonly [code in ActionCode]: ForeignKeyAction } = {
  ' ': 'no action',
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

export function buildConstraints(relation: Oid, index: CatalogIndex): readonly Constraint[] {
  return index.constraints(relation).map((row) => ({
    name: row.name,
    kind: KINDS[row.kind],
    columns: (row.columns ?? []).map((number) => index.columnName(relation, number)),
    definition: bareDefinition(row),
    isValidated: row.is_validated,
    isEnforced: row.is_enforced,
    isDeferrable: row.is_deferrable,
    isDeferred: row.is_deferred,
    references: buildForeignKey(row),
  }));
}

function buildForeignKey(row: ConstraintRow): ForeignKey | null {
  if (!row.referenced) return null;
  const [schema, name] = row.referenced;
  return {
    table: qualifiedName(schema, name),
    columns: row.referenced_columns ?? [],
    onDelete: ACTIONS[row.on_delete],
    onUpdate: ACTIONS[row.on_update],
  };
}

/** The definition without its state, which the server writes behind it in this order. */
export function bareDefinition(row: ConstraintRow): string {
  const state = [
    row.is_deferrable ? ' DEFERRABLE' : '',
    row.is_deferred ? ' INITIALLY DEFERRED' : '',
    row.is_enforced ? (row.is_validated ? '' : ' NOT VALID') : ' NOT ENFORCED',
  ].join('');
  return row.definition.endsWith(state)
    ? row.definition.slice(0, row.definition.length - state.length)
    : row.definition;
}

export function buildIndexes(relation: Oid, index: CatalogIndex): readonly Index[] {
  return index.indexes(relation).map((row) => buildIndex(row, index));
}

function buildIndex(row: IndexRow, index: CatalogIndex): Index {
  const names = row.columns.map((number) => (number === 0 ? null : index.columnName(row.relation, number)));
  return {
    name: row.name,
    method: row.method,
    definition: row.definition.slice(row.prefix),
    isUnique: row.is_unique,
    isValid: row.is_valid,
    hasNullsNotDistinct: row.has_nulls_not_distinct,
    columns: names.slice(0, row.key_count),
    included: names.slice(row.key_count).filter((name) => name !== null),
    expressions: row.expressions,
    predicate: row.predicate,
    constraint: row.constraint,
    partOf: row.part_of ? qualifiedName(...row.part_of) : null,
  };
}
