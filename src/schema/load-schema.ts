import type { Session } from '../system/index.ts';
import { buildRoutines } from './build-routines.ts';
import { buildTables, buildViews } from './build-tables.ts';
import { buildTypes } from './build-types.ts';
import { indexCatalog } from './catalog-index.ts';
import { identitiesOf } from './identities-of.ts';
import { rememberIdentities } from './identity.ts';
import { loadCatalog } from './load-catalog.ts';
import { qualifiedName } from './qualified-name.ts';
import type { DefaultPrivileges, Named, Schema, Sequence, Statistics } from './schema.ts';

export interface LoadSchemaOptions {
  /** Only these schemas; all but the system's and Onward's own unless told. Extensions are always listed. */
  readonly schemas?: readonly string[];
}

/**
 * Reads what a database looks like, of one moment, from catalogs that every role may read. What belongs to an extension is left out; the
 * extensions are listed. It changes nothing, works inside of a transaction and outside, and leaves the session's settings as they were.
 */
export async function loadSchema(session: Session, options: LoadSchemaOptions = {}): Promise<Schema> {
  const catalog = await loadCatalog(session, options.schemas);
  const index = indexCatalog(catalog);
  const schema: Schema = {
    extensions: named(catalog.extensions, (row) => [row.name, row]),
    schemas: named(catalog.namespaces, ({ oid, name }) => [name, { name, grants: index.grantsOf('namespace', oid) }]),
    tables: buildTables(catalog, index),
    views: buildViews(catalog, index),
    sequences: named(catalog.sequences, (row) => {
      const {
        oid,
        owner: _owner,
        owner_schema,
        owner_table,
        owner_column,
        is_cycled,
        is_unlogged,
        is_identity,
        ...rest
      } = row;
      const ownedBy =
        owner_schema !== null && owner_table !== null && owner_column !== null
          ? { table: qualifiedName(owner_schema, owner_table), column: owner_column }
          : null;
      const flags = { isCycled: is_cycled, isUnlogged: is_unlogged, isIdentity: is_identity };
      const value: Sequence = { ...rest, ...flags, ownedBy, grants: index.grantsOf('relation', oid) };
      return [qualifiedName(row.schema, row.name), value];
    }),
    types: buildTypes(catalog, index),
    routines: buildRoutines(catalog, index),
    statistics: named(catalog.statistics, ({ schema, name, table_schema, table_name, definition }) => {
      const value: Statistics = { schema, name, table: qualifiedName(table_schema, table_name), definition };
      return [qualifiedName(schema, name), value];
    }),
    defaultPrivileges: named(catalog.defaultPrivileges, ({ oid, role, schema, objects }) => {
      const of = OBJECTS[objects];
      const value: DefaultPrivileges = { role, schema, objects: of, grants: index.grantsOf('default', oid) };
      return [`${of} of ${role}${schema === null ? '' : ` in ${schema}`}`, value];
    }),
  };
  rememberIdentities(schema, () => identitiesOf(catalog, index));
  return schema;
}

const OBJECTS = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
  L: 'large objects',
} as const;

function named<Row, T>(rows: readonly Row[], entry: (row: Row) => readonly [string, T]): Named<T> {
  return Object.fromEntries(rows.map(entry));
}
