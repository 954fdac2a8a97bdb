import type { DataMigrationScope, SqlDataMigration } from '../../model/index.ts';
import { quoteName } from '../../sql/index.ts';
import type { Session } from '../../system/index.ts';
import { wrongDeclaration } from '../errors.ts';
import type { TableKey } from '../table-key.ts';
import { loadScopeValues } from './load-values.ts';

/**
 * What there is to go through now, each as a table and key of its own, in the order of the catalog or of the vendor's query. Throws
 * `data-migrate.wrong-declaration`, and `.scopes-refused`.
 */
export async function loadParts(
  session: Session,
  declared: SqlDataMigration & { readonly scope: DataMigrationScope },
  key: TableKey,
): Promise<readonly TableKey[]> {
  const { scope } = declared;
  if (scope.kind === 'partition') return loadPartitions(session, declared, key);
  const on = await loadColumn(session, declared, key);
  const values = await loadScopeValues(session, declared);
  return values.map((value) => ({ ...key, part: { kind: scope.kind, value, on } }));
}

async function loadPartitions(
  session: Session,
  declared: SqlDataMigration,
  key: TableKey,
): Promise<readonly TableKey[]> {
  const { rows } = await session.query<{ name: string; estimate: string }>(
    `select pg_catalog.format('%I.%I', space.nspname, class.relname) as name, class.reltuples::pg_catalog.int8::text as estimate
     from pg_catalog.pg_partition_tree($1::pg_catalog.regclass) as tree
     join pg_catalog.pg_class as class on class.oid = tree.relid and class.relkind = 'r'
     join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
     where tree.isleaf order by 1`,
    [key.table],
  );
  if (rows.length === 0)
    throw wrongDeclaration(declared, `its scope is partition, and ${declared.table} has no partitions`);
  // What the vendor wrote may name the columns by the table that it knows.
  const alias = quoteName(declared.table.split('.').at(-1) ?? declared.table);
  return rows.map(({ name, estimate }) => ({
    ...key,
    table: `${name} as ${alias}`,
    estimatedRows: Number(estimate) < 0 ? undefined : Number(estimate),
    part: { kind: 'partition', value: name },
  }));
}

async function loadColumn(
  session: Session,
  declared: SqlDataMigration & { readonly scope: DataMigrationScope },
  key: TableKey,
): Promise<{ readonly column: string; readonly type: string }> {
  const { column = '' } = declared.scope;
  const { rows } = await session.query<{ type: string }>(
    `select pg_catalog.format_type(atttypid, atttypmod) as type from pg_catalog.pg_attribute
     where attrelid = $1::pg_catalog.regclass and attname = $2 and attnum > 0 and not attisdropped`,
    [key.table, column],
  );
  const type = rows[0]?.type;
  if (type === undefined)
    throw wrongDeclaration(declared, `its scope names column ${column}, which ${declared.table} does not have`);
  return { column: quoteName(column), type };
}
