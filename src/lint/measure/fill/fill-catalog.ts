import type { Session } from '../../../system/index.ts';

/** What the generator of rows needs to know of the tables that it fills, and of those that they refer to. */
export interface FillCatalog {
  readonly tables: ReadonlyMap<number, FillTable>;
  readonly types: ReadonlyMap<number, FillType>;
}

export interface FillTable {
  readonly oid: number;
  /** With its schema, and quoted where it must be. */
  readonly quoted: string;
  /** Without its schema. */
  readonly alias: string;
  readonly kind: 'r' | 'p';
  /** An extension keeps it, and knows what its rows mean. */
  readonly isOfExtension: boolean;
  readonly columns: readonly FillColumn[];
  readonly checks: readonly Check[];
  readonly foreignKeys: readonly FillForeignKey[];
}

export interface FillColumn {
  readonly number: number;
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
  readonly isNotNull: boolean;
  /** The server gives the value: generated, an identity, or a default that takes it from a sequence. */
  readonly isServerGiven: boolean;
}

/** A condition on rows, as SQL over the columns' names. */
export interface Check {
  readonly columns: readonly number[];
  readonly expression: string;
}

export interface FillForeignKey {
  readonly name: string;
  readonly columns: readonly number[];
  readonly table: number;
  readonly referencedColumns: readonly number[];
}

export interface FillType {
  readonly oid: number;
  /** As SQL writes it, with its schema where that is needed. */
  readonly name: string;
  /** The bare name, such as `int4`. */
  readonly shortName: string;
  readonly kind: 'b' | 'c' | 'd' | 'e' | 'm' | 'p' | 'r';
  /** Of an array, or a domain, range or multirange; 0 for others. */
  readonly inner: number;
  readonly isArray: boolean;
  readonly innerModifier: number;
  readonly isNotNull: boolean;
  readonly labels: readonly string[];
  readonly attributes: readonly { readonly type: number; readonly modifier: number }[];
  /** Conditions on `VALUE`. */
  readonly domainChecks: readonly string[];
}

interface TableRow {
  readonly oid: number;
  readonly quoted: string;
  readonly alias: string;
  readonly kind: 'r' | 'p';
  readonly is_of_extension: boolean;
  readonly partition_check: string | null;
  readonly columns: readonly FillColumn[] | null;
  readonly constraints: readonly ConstraintRow[] | null;
}

interface ConstraintRow {
  readonly name: string;
  readonly kind: 'c' | 'f';
  readonly columns: readonly number[] | null;
  readonly expression: string | null;
  readonly table: number;
  readonly referencedColumns: readonly number[] | null;
}

const TABLES = `
  select c.oid::int8::int4 as oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as quoted, pg_catalog.quote_ident(c.relname) as alias,
         c.relkind as kind,
         exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e') as is_of_extension,
         pg_catalog.pg_get_partition_constraintdef(c.oid) as partition_check,
         (select json_agg(json_build_object('number', a.attnum, 'name', a.attname, 'type', a.atttypid::int8, 'modifier', a.atttypmod,
                   'isNotNull', a.attnotnull,
                   'isServerGiven', a.attgenerated <> '' or a.attidentity <> ''
                     or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false)) order by a.attnum)
            from pg_catalog.pg_attribute a
            left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
         (select json_agg(json_build_object('name', k.conname, 'kind', k.contype, 'columns', k.conkey,
                   'expression', case when k.contype = 'c' then pg_catalog.pg_get_expr(k.conbin, k.conrelid) end,
                   'table', k.confrelid::int8, 'referencedColumns', k.confkey) order by k.conname)
            from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype in ('c', 'f')) as constraints
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and c.oid = any($1::oid[])`;

const TYPES = `
  select t.oid::int8::int4 as oid, pg_catalog.format_type(t.oid, -1) as name, t.typname as short_name, t.typtype as kind,
         (case when t.typtype = 'd' then t.typbasetype when t.typtype = 'r' then r.rngsubtype when t.typtype = 'm' then m.rngtypid
               else t.typelem end)::int8::int4 as inner,
         t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc as is_array, t.typtypmod as inner_modifier,
         t.typnotnull as is_not_null,
         (select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid) as labels,
         (select json_agg(json_build_object('type', a.atttypid::int8, 'modifier', a.atttypmod) order by a.attnum)
            from pg_catalog.pg_attribute a
           where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes,
         (select json_agg(pg_catalog.pg_get_expr(k.conbin, 0))
            from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c') as domain_checks
    from pg_catalog.pg_type t
    left join pg_catalog.pg_range r on r.rngtypid = t.oid
    left join pg_catalog.pg_range m on m.rngmultitypid = t.oid
   where t.oid = any($1::oid[])`;

/** Loads the given tables, those that they refer to, and all of their types. */
export async function loadFillCatalog(session: Session, oids: readonly number[]): Promise<FillCatalog> {
  const tables = new Map<number, FillTable>();
  for (const table of await loadTables(session, oids)) tables.set(table.oid, table);
  const parents = [...tables.values()].flatMap(({ foreignKeys }) => foreignKeys.map(({ table }) => table));
  const missing = [...new Set(parents)].filter((oid) => !tables.has(oid));
  for (const table of missing.length > 0 ? await loadTables(session, missing) : []) tables.set(table.oid, table);
  const types = new Map<number, FillType>();
  let wanted = [...tables.values()].flatMap(({ columns }) => columns.map(({ type }) => type));
  while (wanted.length > 0) {
    const found = await loadTypes(session, [...new Set(wanted)]);
    for (const type of found) types.set(type.oid, type);
    wanted = found
      .flatMap(({ inner, attributes }) => [inner, ...attributes.map(({ type }) => type)])
      .filter((oid) => oid !== 0 && !types.has(oid));
  }
  return { tables, types };
}

async function loadTables(session: Session, oids: readonly number[]): Promise<readonly FillTable[]> {
  const { rows } = await session.query<TableRow>(TABLES, [oids]);
  return rows.map(
    ({ partition_check: partitionCheck, is_of_extension: isOfExtension, columns, constraints, ...row }) => ({
      ...row,
      isOfExtension,
      columns: columns ?? [],
      checks: [
        ...(constraints ?? []).flatMap(({ expression, columns: numbers }) =>
          expression === null ? [] : [{ columns: numbers ?? [], expression }],
        ),
        ...(partitionCheck === null
          ? []
          : [{ columns: mentioned(columns ?? [], partitionCheck), expression: partitionCheck }]),
      ],
      foreignKeys: (constraints ?? [])
        .filter(({ kind: constraintKind }) => constraintKind === 'f')
        .map(({ name, columns: numbers, table, referencedColumns }) => ({
          name,
          columns: numbers ?? [],
          table,
          referencedColumns: referencedColumns ?? [],
        })),
    }),
  );
}

/** The columns that the condition of a partition is about: those whose names stand in it. */
function mentioned(columns: readonly FillColumn[], expression: string): readonly number[] {
  return columns
    .filter(({ name }) => new RegExp(`(?<![\\w"])"?${escapePattern(name)}"?(?![\\w"])`).test(expression))
    .map(({ number }) => number);
}

async function loadTypes(session: Session, oids: readonly number[]): Promise<readonly FillType[]> {
  const { rows } = await session.query<{
    readonly oid: number;
    readonly name: string;
    readonly short_name: string;
    readonly kind: FillType['kind'];
    readonly inner: number;
    readonly is_array: boolean;
    readonly inner_modifier: number;
    readonly is_not_null: boolean;
    readonly labels: readonly string[] | null;
    readonly attributes: FillType['attributes'] | null;
    readonly domain_checks: readonly string[] | null;
  }>(TYPES, [oids]);
  return rows.map((row) => ({
    oid: row.oid,
    name: row.name,
    shortName: row.short_name,
    kind: row.kind,
    inner: row.inner,
    isArray: row.is_array,
    innerModifier: row.inner_modifier,
    isNotNull: row.is_not_null,
    labels: row.labels ?? [],
    attributes: row.attributes ?? [],
    domainChecks: row.domain_checks ?? [],
  }));
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
