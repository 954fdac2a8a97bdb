import { quoteTextArray } from '../sql/index.ts';
import type { Session } from '../system/index.ts';
import {
  type PolicyRow,
  policies,
  type RuleRow,
  rules,
  type TriggerRow,
  triggers,
  type ViewReadRow,
  viewReads,
} from './catalog/attachments.ts';
import {
  type ColumnRow,
  type ColumnTypeRow,
  columns,
  columnTypes,
  type PackedColumns,
  unpackColumns,
} from './catalog/columns.ts';
import { type ConstraintRow, constraints, type IndexRow, indexes } from './catalog/constraints.ts';
import { type DefaultPrivilegesRow, defaultPrivileges, type GrantRow, grants } from './catalog/grants.ts';
import type { CatalogQuery } from './catalog/part.ts';
import {
  type ExtensionRow,
  extensions,
  type NamespaceRow,
  namespaces,
  type RelationRow,
  relations,
  type SequenceRow,
  type StatisticsRow,
  sequences,
  statistics,
} from './catalog/relations.ts';
import { type RoutineRow, routines } from './catalog/routines.ts';
import { type TypeRow, types } from './catalog/types.ts';

/** The catalog's rows, of one moment. */
export interface Catalog {
  /** Equal only for the same database of the same running server. */
  readonly database: string;
  readonly extensions: readonly ExtensionRow[];
  readonly namespaces: readonly NamespaceRow[];
  readonly relations: readonly RelationRow[];
  readonly columns: readonly ColumnRow[];
  readonly columnTypes: readonly ColumnTypeRow[];
  readonly constraints: readonly ConstraintRow[];
  readonly indexes: readonly IndexRow[];
  readonly triggers: readonly TriggerRow[];
  readonly rules: readonly RuleRow[];
  readonly policies: readonly PolicyRow[];
  readonly viewReads: readonly ViewReadRow[];
  readonly sequences: readonly SequenceRow[];
  readonly types: readonly TypeRow[];
  readonly routines: readonly RoutineRow[];
  readonly statistics: readonly StatisticsRow[];
  readonly grants: readonly GrantRow[];
  readonly defaultPrivileges: readonly DefaultPrivilegesRow[];
}

const QUERIES: { readonly [part in Exclude<keyof Catalog, 'database'>]: CatalogQuery } = {
  extensions,
  namespaces,
  relations,
  columns,
  columnTypes,
  constraints,
  indexes,
  triggers,
  rules,
  policies,
  viewReads,
  sequences,
  types,
  routines,
  statistics,
  grants,
  defaultPrivileges,
};

/** Settings that decide how the server writes expressions, types and constants, and the ones that decide how fast it answers. */
const PINNED: { readonly [setting: string]: string } = {
  search_path: '',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  // The statement looks expensive to the planner and is not: compiling it would take longer than running it.
  jit: 'off',
  // The joins are written in a good order; looking for a better one takes longer than joining.
  join_collapse_limit: '1',
};

/**
 * Reads the catalog in one statement, so that all of it is of one moment. The settings are pinned for the transaction: inside of the
 * caller's they are put back, outside they end with the statement's own.
 */
export async function loadCatalog(session: Session, schemas: readonly string[] | undefined): Promise<Catalog> {
  const names = Object.keys(PINNED);
  const saved = await session.query<{ value: string }>(
    names.map((name) => `select pg_catalog.current_setting('${name}') as value`).join(' union all '),
  );
  const pin = `select ${names.map((name) => setting(name, PINNED[name] ?? '')).join(', ')}`;
  const { rows } = await session.query<{
    catalog: { readonly [part in keyof Catalog]: unknown[] | null } & { readonly database: string };
  }>(`${pin}; ${catalogStatement(session.serverVersion, schemas)}`);
  await session.query(`select ${names.map((name, index) => setting(name, saved.rows[index]?.value ?? '')).join(', ')}`);
  const found = rows[0]?.catalog;
  const parts = Object.keys(QUERIES) as (keyof typeof QUERIES)[];
  const filled = parts.map((part) => [part, found?.[part] ?? []] as const);
  const read = { database: found?.database ?? '', ...Object.fromEntries(filled) } as unknown as Catalog;
  const [packed] = read.columns as readonly unknown[] as readonly PackedColumns[];
  return { ...read, columns: unpackColumns(packed) };
}

function setting(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${literal(value)}, true)`;
}

/** A value of a setting. It can hold quotes and, in theory, a backslash. */
function literal(value: string): string {
  return `(${quoteTextArray([value])})[1]`;
}

function catalogStatement(serverVersion: number, schemas: readonly string[] | undefined): string {
  const only = schemas ? `and n.nspname = any(${quoteTextArray(schemas)})` : '';
  const parts = Object.entries(QUERIES).map(
    ([part, query]) => `'${part}', (select pg_catalog.json_agg(q) from (${query({ serverVersion })}) q)`,
  );
  return `
with recursive ns as materialized (
  select n.oid, n.nspname, n.nspowner from pg_catalog.pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'onward') ${only}
), member as materialized (
  select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'
), rel as materialized (
  select c.*, ns.nspname from pg_catalog.pg_class c join ns on ns.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c', 'S')
    and not exists (select from member m where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and m.objid = c.oid)
), domain as (
  select t.oid, t.typbasetype as base from pg_catalog.pg_type t where t.typtype = 'd'
  union all
  select d.oid, t.typbasetype from domain d join pg_catalog.pg_type t on t.oid = d.base where t.typtype = 'd'
), wire as materialized (
  select d.oid, n.nspname, t.typname from domain d
  join pg_catalog.pg_type t on t.oid = d.base and t.typtype <> 'd'
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
)
select pg_catalog.json_build_object(
  'database', (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
    || '@' || pg_catalog.pg_postmaster_start_time(),
  ${parts.join(',\n')}) as catalog`;
}
