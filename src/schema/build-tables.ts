import { buildColumns } from './build-columns.ts';
import { buildConstraints, buildIndexes } from './build-constraints.ts';
import type { EnabledCode, PolicyRow, TriggerRow } from './catalog/attachments.ts';
import type { RelationRow } from './catalog/relations.ts';
import type { CatalogIndex } from './catalog-index.ts';
import type { Catalog } from './load-catalog.ts';
import { qualifiedName, readableName } from './qualified-name.ts';
import type { Enabled, Named, Policy, Table, Trigger, View } from './schema.ts';

export function buildTables(catalog: Catalog, index: CatalogIndex): Named<Table> {
  return Object.fromEntries(
    catalog.relations
      .filter(({ kind }) => kind === 'r' || kind === 'p' || kind === 'f')
      .map((row) => [qualifiedName(row.schema, row.name), buildTable(row, index)]),
  );
}

function buildTable(row: RelationRow, index: CatalogIndex): Table {
  const parents = (row.parents ?? []).map(([schema, name]) => qualifiedName(schema, name));
  return {
    schema: row.schema,
    name: row.name,
    kind: row.kind === 'p' ? 'partitioned' : row.kind === 'f' ? 'foreign' : 'ordinary',
    columns: buildColumns(row.oid, index),
    constraints: buildConstraints(row.oid, index),
    indexes: buildIndexes(row.oid, index),
    triggers: index.triggers(row.oid).map(buildAttachment),
    policies: index.policies(row.oid).map(buildPolicy),
    rules: index.rules(row.oid).map(buildAttachment),
    isUnlogged: row.is_unlogged,
    partitionKey: row.partition_key,
    partitionOf: row.is_partition ? (parents[0] ?? null) : null,
    partitionBound: row.bound,
    inherits: row.is_partition ? [] : parents,
    hasRowSecurity: row.has_row_security,
    forcesRowSecurity: row.forces_row_security,
    replicaIdentity: replicaIdentity(row),
    options: optionsOf(row),
    accessMethod: row.access_method,
    grants: index.grantsOf('relation', row.oid),
  };
}

export function buildViews(catalog: Catalog, index: CatalogIndex): Named<View> {
  return Object.fromEntries(
    catalog.relations
      .filter(({ kind }) => kind === 'v' || kind === 'm')
      .map((row) => [qualifiedName(row.schema, row.name), buildView(row, index)]),
  );
}

function buildView(row: RelationRow, index: CatalogIndex): View {
  return {
    schema: row.schema,
    name: row.name,
    isMaterialized: row.kind === 'm',
    columns: buildColumns(row.oid, index),
    definition: (row.definition ?? '').trim(),
    reads: readsOf(row, index),
    options: optionsOf(row),
    indexes: buildIndexes(row.oid, index),
    triggers: index.triggers(row.oid).map(buildAttachment),
    rules: index.rules(row.oid).map(buildAttachment),
    isPopulated: row.is_populated,
    grants: index.grantsOf('relation', row.oid),
  };
}

function readsOf(row: RelationRow, index: CatalogIndex): readonly string[] {
  return index
    .viewReads(row.oid)
    .map(
      ({ schema, name, column }) =>
        `${qualifiedName(schema, name)}${column === null ? '' : `.${readableName(column)}`}`,
    )
    .sort();
}

const ENABLED: { readonly [code in EnabledCode]: Enabled } = { O: 'origin', D: 'disabled', R: 'replica', A: 'always' };

/** A trigger or a rule. */
function buildAttachment({ name, definition, enabled }: TriggerRow): Trigger {
  return { name, definition, enabled: ENABLED[enabled] };
}

const COMMANDS = { '*': 'all', r: 'select', a: 'insert', w: 'update', d: 'delete' } as const;

function buildPolicy(row: PolicyRow): Policy {
  return {
    name: row.name,
    isPermissive: row.is_permissive,
    command: COMMANDS[row.command],
    roles: row.roles,
    using: row.using,
    withCheck: row.with_check,
  };
}

function replicaIdentity(row: RelationRow): string {
  switch (row.replica_identity) {
    case 'd':
      return 'default';
    case 'n':
      return 'nothing';
    case 'f':
      return 'full';
    case 'i':
      return `index ${readableName(row.replica_index ?? '')}`;
  }
}

function optionsOf(row: RelationRow): readonly string[] {
  return [...(row.options ?? []), ...(row.toast_options ?? []).map((option) => `toast.${option}`)].sort();
}
